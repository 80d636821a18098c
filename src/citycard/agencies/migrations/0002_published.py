"""Rights, and what other contexts' SQL may see."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql" / "0002_published.sql"


class Migration(migrations.Migration):
    dependencies = [("infra", "0001_initial"), ("agencies", "0001_initial")]
    operations = [migrations.RunSQL(SQL.read_text(encoding="utf-8"), migrations.RunSQL.noop)]
