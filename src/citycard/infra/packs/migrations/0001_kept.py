"""The content of every pack that was ever active, by hash: a decision can be re-executed with it."""

from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [
        migrations.RunSQL(
            """
            CREATE TABLE packs_kept (
                hash text PRIMARY KEY,
                city text NOT NULL,
                content bytea NOT NULL,
                kept_at timestamptz NOT NULL,
                activated_at timestamptz NOT NULL
            );
            REVOKE DELETE, TRUNCATE ON packs_kept FROM citycard_app;
            """,
            "DROP TABLE packs_kept",
        )
    ]
