"""What budgets give to people is posted plainly where nothing is out of the ordinary."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0006_late_lapse")]
    operations = [
        migrations.RunSQL(
            (SQL / "0008_giving.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
