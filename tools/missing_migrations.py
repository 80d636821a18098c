"""Fail when a model has changed without a migration: `python -m tools.missing_migrations`."""

import os
import sys
import warnings

import django


def main() -> int:
    """Compare models with migrations, without asking a database; return 1 where they differ."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "citycard.config.settings")
    django.setup()
    from django.core.management import call_command

    with warnings.catch_warnings():
        # The history in a database isn't asked here; migrations are compared with models alone.
        warnings.filterwarnings("ignore", "Got an error checking a consistent migration history")
        try:
            call_command("makemigrations", "--check", "--dry-run")
        except SystemExit as ended:
            return int(ended.code or 0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
