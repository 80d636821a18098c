"""Which function a kind of card carries from when, and programmes closed by hand."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("cards", "0003_link_members")]
    operations = [
        migrations.RunSQL(
            (SQL / "0007_functions.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
