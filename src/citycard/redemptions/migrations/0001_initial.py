"""Sessions and the evidence that ends them."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    initial = True
    dependencies = [("infra", "0001_initial"), ("ledger", "0002_published_holds")]
    operations = [
        migrations.RunSQL(
            (SQL / "0001_sessions.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
