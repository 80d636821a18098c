"""Makes the plumbing's own tables (journal, cursors, outbox, partitions) a Django app."""

from django.apps import AppConfig


class InfraConfig(AppConfig):
    """The plumbing."""

    name = "citycard.infra"
    label = "infra"
