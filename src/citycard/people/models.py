"""Tables of the people. Sealed fields open for their own row only; ``*_blind`` are keyed hashes to
find by.
"""

from django.contrib.postgres.fields import ArrayField, DateRangeField, DateTimeRangeField
from django.db import models


class Member(models.Model):
    """One person, from birth to death."""

    public_id = models.UUIDField(unique=True, help_text="random; the id that a URL may show")
    name = models.TextField()
    birth_on = models.DateField()
    sex = models.CharField(max_length=1, help_text="f or m")
    district = models.TextField(
        blank=True, help_text="district code of the pack, or free text outside the city"
    )
    village = models.TextField(blank=True)
    name_bigrams = ArrayField(
        models.TextField(), help_text="what a search by part of the name meets"
    )
    phone_sealed = models.BinaryField(null=True)
    phone_blind = models.BinaryField(null=True)
    email_sealed = models.BinaryField(null=True)
    email_blind = models.BinaryField(null=True)
    address_sealed = models.BinaryField(null=True)
    source = models.TextField(help_text="where we first learned of the person")
    verified_at = models.DateTimeField(
        null=True, help_text="when a register or a counter last confirmed the person"
    )
    verified_by = models.TextField(blank=True, help_text="the source that confirmed")
    died_on = models.DateField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "people_member"
        constraints = [
            models.CheckConstraint(
                name="people_member_sex", condition=models.Q(sex__in=["f", "m"])
            ),
            models.CheckConstraint(name="people_member_has_name", condition=~models.Q(name="")),
        ]

    def __str__(self) -> str:
        return f"member {self.pk}"


class MemberWas(models.Model):
    """What a member's own columns said before a correction; append-only."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, db_index=False)
    name = models.TextField()
    birth_on = models.DateField()
    sex = models.CharField(max_length=1)
    district = models.TextField(blank=True)
    village = models.TextField(blank=True)
    died_on = models.DateField(null=True)
    until_at = models.DateTimeField(help_text="the instant at which we learned better")
    actor_id = models.TextField()

    class Meta:
        db_table = "people_member_was"
        indexes = [models.Index(fields=["member", "until_at"], name="people_member_was_at")]

    def __str__(self) -> str:
        return f"member was {self.pk}"


class MemberNumber(models.Model):
    """An ID number that a member has or had."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, db_index=False)
    id_kind = models.TextField(help_text="citizen, resident_new, resident_old, passport")
    sealed = models.BinaryField()
    blind = models.BinaryField()
    valid_from_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True, help_text="empty for the number in force")
    replaced_why = models.TextField(blank=True, db_default="", help_text="a code, e.g. renumbered")
    replaced_by = models.TextField(blank=True, db_default="", help_text="the actor")

    class Meta:
        db_table = "people_member_number"
        constraints = [
            models.UniqueConstraint(
                name="people_number_one_holder",
                fields=["blind"],
                condition=models.Q(replaced_at=None),
            ),
            models.UniqueConstraint(
                name="people_number_one_in_force",
                fields=["member"],
                condition=models.Q(replaced_at=None),
            ),
        ]
        indexes = [models.Index(fields=["blind"], name="people_number_blind")]

    def __str__(self) -> str:
        return f"member number {self.pk}"


class Fact(models.Model):
    """What a source says about a member: for which days (valid), and from when we knew it
    (recorded).
    """

    member = models.ForeignKey(Member, on_delete=models.PROTECT, db_index=False)
    name = models.TextField(
        help_text="registered_city, status.<code>, approval.<code>, relation.<code>, …"
    )
    value = models.JSONField()
    valid = DateRangeField(help_text="local days, half-open")
    recorded = DateTimeRangeField(help_text="instants, half-open; open while we hold it true")
    source = models.TextField()
    basis_kind = models.TextField(
        help_text="what it rests on: register_query, application, import, counter, …"
    )
    basis_id = models.TextField(blank=True)

    class Meta:
        db_table = "people_fact"

    def __str__(self) -> str:
        return f"fact {self.pk}"


class Ground(models.Model):
    """The ground that a register is asked on: a person's consent, or a law."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, db_index=False)
    purpose = models.TextField()
    kind = models.TextField(help_text="consent or law")
    text_version = models.TextField(
        help_text="which wording the person agreed to, or which article"
    )
    given_at = models.DateTimeField()
    given_by = models.TextField(help_text="the actor who recorded it")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "people_ground"
        constraints = [
            models.CheckConstraint(
                name="people_ground_kind", condition=models.Q(kind__in=["consent", "law"])
            ),
        ]
        indexes = [models.Index(fields=["member", "purpose"], name="people_ground_member")]

    def __str__(self) -> str:
        return f"ground {self.pk}"


class RegisterQuery(models.Model):
    """One question to a register about one member, with the ground it stands on."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, db_index=False)
    register = models.TextField()
    purpose = models.TextField()
    ground = models.ForeignKey(Ground, on_delete=models.PROTECT)
    actor_id = models.TextField()
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answer = models.TextField(default="waiting", help_text="waiting, yes, no, unknown, or stopped")
    detail_sealed = models.BinaryField(null=True)

    class Meta:
        db_table = "people_register_query"
        constraints = [
            models.CheckConstraint(
                name="people_register_query_answer",
                condition=models.Q(answer="waiting", answered_at=None)
                | models.Q(
                    answer__in=["yes", "no", "unknown", "stopped"], answered_at__isnull=False
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["member", "register"], name="people_query_member"),
            models.Index(
                fields=["register"],
                name="people_query_waiting",
                condition=models.Q(answer="waiting"),
            ),
        ]

    def __str__(self) -> str:
        return f"register query {self.pk}"


class AccessCounter(models.Model):
    """How many access records each actor has; a gap between the two is a deleted record."""

    actor_id = models.TextField(primary_key=True)
    last_seq = models.BigIntegerField()

    class Meta:
        db_table = "people_access_counter"

    def __str__(self) -> str:
        return f"access counter {self.pk}"


class AccessRecord(models.Model):
    """Who opened whose data, when, why and which fields; append-only."""

    actor_id = models.TextField()
    actor_seq = models.BigIntegerField(help_text="1, 2, 3 … for each actor, without a gap")
    actor_kind = models.TextField()
    roles = ArrayField(models.TextField())
    agency = models.TextField(blank=True)
    counter = models.TextField(blank=True)
    purpose = models.TextField()
    fields = ArrayField(models.TextField())
    subjects = ArrayField(models.BigIntegerField(), help_text="member ids; empty for a population")
    population = models.TextField(
        blank=True, help_text="which population, in words; empty for named people"
    )
    opened_at = models.DateTimeField()

    class Meta:
        db_table = "people_access_record"
        constraints = [
            models.UniqueConstraint(
                name="people_access_actor_seq", fields=["actor_id", "actor_seq"]
            ),
        ]

    def __str__(self) -> str:
        return f"access record {self.pk}"


class AccessSeal(models.Model):
    """A signed Merkle root over the access records of one interval, chained to the one before;
    append-only.
    """

    number = models.BigIntegerField(primary_key=True)
    log_id = models.UUIDField(
        help_text="drawn at random with the first seal; tells databases apart"
    )
    after_id = models.BigIntegerField(help_text="records with a greater id …")
    upto_id = models.BigIntegerField(help_text="… up to this one are sealed")
    record_count = models.BigIntegerField()
    root = models.BinaryField()
    chain = models.BinaryField(help_text="hash over the chain before, this root and these bounds")
    signature = models.BinaryField()
    sealed_at = models.DateTimeField()

    class Meta:
        db_table = "people_access_seal"

    def __str__(self) -> str:
        return f"access seal {self.pk}"
