"""Messages and their deliveries. A message holds codes, references and amounts, never personal
data."""

from typing import ClassVar

from django.db import models


class Message(models.Model):
    """One happening told to one resident. Its words are rendered from the pack when it is read."""

    event_key = models.TextField(
        unique=True, help_text="What happened, as a key: the same happening is never told twice."
    )
    member_id = models.BigIntegerField(help_text="The resident it is for.")
    code = models.TextField(help_text="The happening's code, which names its text in the pack.")
    params = models.JSONField(default=dict, help_text="References, codes and amounts in the text.")
    created_at = models.DateTimeField(help_text="When it was told.")
    read_at = models.DateTimeField(null=True, help_text="When the resident opened it.")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["member_id", "-id"], name="notify_message_inbox"),
            models.Index(
                fields=["member_id"],
                name="notify_message_unread",
                condition=models.Q(read_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.event_key


class Delivery(models.Model):
    """One message on its way through one channel outside the city's own pages."""

    WAITING, SENT, NO_ADDRESS, FAILED = "waiting", "sent", "no_address", "failed"
    STATES = [
        (WAITING, "on its way"),
        (SENT, "handed to the channel"),
        (NO_ADDRESS, "the resident gave no address for this channel"),
        (FAILED, "refused by the channel"),
    ]

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="deliveries")
    channel = models.TextField(help_text="How it travels: email, sms.")
    state = models.TextField(choices=STATES, default=WAITING, help_text="How far it got.")
    ended_at = models.DateTimeField(null=True, help_text="When it was sent or given up.")
    price_ntd = models.IntegerField(
        default=0, db_default=0, help_text="What its recipient pays once it was sent, in NT$."
    )
    billed_by = models.TextField(
        default="",
        db_default="",
        help_text="The agency that its recipient pays, where there is a price.",
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["message", "channel"], name="notify_delivery_once_a_channel"
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel} of message {self.message_id}"
