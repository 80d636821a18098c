"""Mass decisions: previewed, carried out and undone, with what each would write and wrote."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("entitlements", "0003_allowances"), ("people", "0004_known")]
    operations = [
        migrations.RunSQL(
            (SQL / "0004_runs.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
