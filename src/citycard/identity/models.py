"""Tables of accounts. Nothing here opens without the keys: addresses sealed, codes and keys
hashed.
"""

from django.db import models


class Account(models.Model):
    """A way to sign in, of one resident or one member of staff."""

    public_id = models.UUIDField(unique=True)
    kind = models.TextField(help_text="resident or staff")
    member_id = models.BigIntegerField(null=True, help_text="people's member, once we know them")
    staff_id = models.BigIntegerField(null=True, help_text="agencies' member of staff")
    email_sealed = models.BinaryField(null=True)
    email_blind = models.BinaryField(null=True)
    certificate_blind = models.BinaryField(null=True, help_text="serial of the citizen certificate")
    level = models.SmallIntegerField(default=0, help_text="0 none … 3 certificate or counter")
    password_hash = models.TextField(blank=True, help_text="argon2id")
    totp_sealed = models.BinaryField(null=True)
    totp_last_step = models.BigIntegerField(default=0, help_text="a one-time code counts once")
    failed_count = models.IntegerField(default=0)
    locked_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "identity_account"
        constraints = [
            models.CheckConstraint(
                name="identity_account_kind",
                condition=models.Q(kind="resident", staff_id=None)
                | models.Q(kind="staff", staff_id__isnull=False, member_id=None),
            ),
            models.CheckConstraint(
                name="identity_account_level", condition=models.Q(level__range=(0, 3))
            ),
            models.UniqueConstraint(name="identity_account_member", fields=["member_id"]),
            models.UniqueConstraint(name="identity_account_staff", fields=["staff_id"]),
            models.UniqueConstraint(name="identity_account_email", fields=["email_blind"]),
            models.UniqueConstraint(
                name="identity_account_certificate", fields=["certificate_blind"]
            ),
        ]

    def __str__(self) -> str:
        return f"account {self.pk}"


class EmailChallenge(models.Model):
    """A code sent to an address; the code itself goes when the mail has gone."""

    public_id = models.UUIDField(unique=True)
    email_blind = models.BinaryField()
    email_sealed = models.BinaryField()
    origin_hash = models.BinaryField(
        null=True, help_text="keyed hash of where the request came from"
    )
    code_hash = models.BinaryField(help_text="keyed: a code has six digits only")
    code_sealed = models.BinaryField(null=True, help_text="until the mail has gone")
    language = models.TextField()
    expires_at = models.DateTimeField()
    attempts = models.SmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "identity_email_challenge"
        indexes = [
            models.Index(fields=["email_blind", "created_at"], name="identity_challenge_email"),
            models.Index(fields=["origin_hash", "created_at"], name="identity_challenge_origin"),
        ]

    def __str__(self) -> str:
        return f"email challenge {self.pk}"


class CertificateChallenge(models.Model):
    """A random value for a citizen certificate to sign, once."""

    public_id = models.UUIDField(unique=True)
    nonce = models.BinaryField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_certificate_challenge"

    def __str__(self) -> str:
        return f"certificate challenge {self.pk}"


class Session(models.Model):
    """A browser's session; found by the hash of its key, its content sealed."""

    key_hash = models.BinaryField(primary_key=True)
    data = models.BinaryField()
    account_id = models.BigIntegerField(null=True, db_index=True)
    level = models.SmallIntegerField(default=0)
    idle = models.DurationField(help_text="how long it lasts without a step of its holder")
    expires_at = models.DateTimeField(db_index=True)
    ends_at = models.DateTimeField(help_text="when it is over, whatever its holder does")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "identity_session"

    def __str__(self) -> str:
        return "session"


class Persona(models.Model):
    """Demo cities only: an account that anybody may be."""

    code = models.TextField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.CASCADE)

    class Meta:
        db_table = "identity_persona"

    def __str__(self) -> str:
        return f"persona {self.pk}"
