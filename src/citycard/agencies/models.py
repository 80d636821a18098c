"""Tables of the agencies. Those that the pack owns are read-only on screen."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Agency(models.Model):
    """A bureau or partner; owned by the pack."""

    code = models.TextField(primary_key=True)
    names = models.JSONField(help_text="{zh-Hant, en}")
    kind = models.TextField()
    under = models.TextField(blank=True, help_text="the agency it belongs to")
    pays = models.BooleanField(default=False, help_text="can fund activities")
    active = models.BooleanField(default=True, help_text="false once the pack no longer has it")

    class Meta:
        db_table = "agencies_agency"

    def __str__(self) -> str:
        return f"agency {self.pk}"


class Place(models.Model):
    """Where readers and kiosks stand; owned by the pack."""

    code = models.TextField(primary_key=True)
    names = models.JSONField(help_text="{zh-Hant, en}")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, db_column="agency")
    district = models.TextField(blank=True)
    kind = models.TextField(help_text="place or kiosk")
    serves = ArrayField(models.TextField(), help_text="services that readers here serve")
    active = models.BooleanField(default=True)

    class Meta:
        db_table = "agencies_place"

    def __str__(self) -> str:
        return f"place {self.pk}"


class Counter(models.Model):
    """Where people are served and cards printed; owned by the pack."""

    code = models.TextField(primary_key=True)
    names = models.JSONField(help_text="{zh-Hant, en}")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, db_column="agency")
    district = models.TextField(blank=True)
    prints = models.BooleanField(help_text="has a card printer")
    active = models.BooleanField(default=True)

    class Meta:
        db_table = "agencies_counter"

    def __str__(self) -> str:
        return f"counter {self.pk}"


class Staff(models.Model):
    """A member of an agency's staff; owned by the city."""

    username = models.TextField(unique=True)
    display_name = models.TextField()
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, db_column="agency")
    counter = models.ForeignKey(Counter, on_delete=models.PROTECT, db_column="counter", null=True)
    roles = ArrayField(models.TextField())
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "agencies_staff"

    def __str__(self) -> str:
        return f"staff {self.pk}"


class Device(models.Model):
    """A reader or a kiosk; owned by the city. Its key is shown once and kept as a hash."""

    code = models.TextField(unique=True)
    kind = models.TextField(help_text="reader, kiosk, till or counter")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, db_column="agency")
    place = models.TextField(blank=True, help_text="code of a place or counter")
    service = models.TextField(blank=True)
    number_profile = models.TextField(help_text="how it reads cards: a profile of the pack")
    epoch = models.IntegerField(default=1, help_text="rises with each new key or reset")
    state = models.TextField(default="active", help_text="active or revoked")
    key_hash = models.BinaryField()
    firmware = models.TextField(blank=True)
    enrolled_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_because = models.TextField(blank=True, default="")
    last_seen_at = models.DateTimeField(null=True)
    posted_at = models.DateTimeField(
        null=True, help_text="since when it stands where it stands; null: from the beginning"
    )
    backlog = models.IntegerField(null=True, help_text="taps that it said still wait in it")
    skew_ms = models.BigIntegerField(
        null=True, help_text="how far its clock is behind the city's, smoothed"
    )

    class Meta:
        db_table = "agencies_device"
        constraints = [
            models.CheckConstraint(
                name="agencies_device_kind",
                condition=models.Q(kind__in=["reader", "kiosk", "till", "counter"]),
            ),
            models.CheckConstraint(
                name="agencies_device_state",
                condition=models.Q(state="active", revoked_at=None)
                | models.Q(state="revoked", revoked_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"device {self.pk}"
