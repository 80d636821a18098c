"""Papers: files that are signed, kept and served again unchanged."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("infra", "0002_generations")]
    operations = [
        migrations.RunSQL(
            (SQL / "0005_papers.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
