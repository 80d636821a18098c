"""Cards, their numbers, bindings, history, and the links to agencies' own member numbers."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    initial = True
    dependencies = [("infra", "0001_initial"), ("entitlements", "0001_initial")]
    operations = [
        migrations.RunSQL((SQL / f"{name}.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop)
        for name in ("0001_cards", "0002_bindings", "0003_agency_links", "0004_published")
    ]
