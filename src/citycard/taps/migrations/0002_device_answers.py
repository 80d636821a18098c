"""What devices answered by themselves, and what was lost by it."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("taps", "0001_initial")]
    operations = [
        migrations.RunSQL(
            (SQL / "0003_device_answers.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
