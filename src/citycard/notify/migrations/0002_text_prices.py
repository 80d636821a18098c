"""What a text message costs its recipient."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notify", "0001_initial")]
    operations = [
        migrations.AddField(
            model_name="delivery",
            name="price_ntd",
            field=models.IntegerField(
                db_default=0,
                default=0,
                help_text="What its recipient pays once it was sent, in NT$.",
            ),
        ),
        migrations.AddField(
            model_name="delivery",
            name="billed_by",
            field=models.TextField(
                db_default="",
                default="",
                help_text="The agency that its recipient pays, where there is a price.",
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="channel",
            field=models.TextField(help_text="How it travels: email, sms."),
        ),
    ]
