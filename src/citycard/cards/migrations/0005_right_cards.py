"""Which card carries a right that only one may, and a companion's card that follows one."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("cards", "0004_functions")]
    operations = [
        migrations.RunSQL(
            (SQL / "0008_right_cards.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
