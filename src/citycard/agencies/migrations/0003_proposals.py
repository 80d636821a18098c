"""What one officer proposes and another approves."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql" / "0003_proposals.sql"


class Migration(migrations.Migration):
    dependencies = [("agencies", "0002_published")]
    operations = [migrations.RunSQL(SQL.read_text(encoding="utf-8"), migrations.RunSQL.noop)]
