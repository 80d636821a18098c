"""An agency's own number leads back to its member."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("cards", "0002_two_times")]
    operations = [
        migrations.RunSQL(
            (SQL / "0006_link_members.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
