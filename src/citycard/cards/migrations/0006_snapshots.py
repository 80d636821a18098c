"""What readers carry when they are cut off, and who of them knows of a lost card."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("cards", "0005_right_cards")]
    operations = [
        migrations.RunSQL(
            (SQL / "0009_snapshots.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        )
    ]
