"""Keys under which other systems send requests."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("infra", "0003_papers")]
    operations = [
        migrations.RunSQL(
            (SQL / "0006_idempotency.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
