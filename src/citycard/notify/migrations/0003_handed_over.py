"""When messages were handed over: for whoever promised how soon."""

from django.db import migrations

VIEW = """
CREATE VIEW pub.messages_handed_over AS
SELECT m.event_key, 'inbox' AS channel, 'sent' AS state, m.created_at AS handed_at
FROM notify_message m
UNION ALL
SELECT m.event_key, d.channel, d.state, d.ended_at
FROM notify_delivery d JOIN notify_message m ON m.id = d.message_id
"""


class Migration(migrations.Migration):
    dependencies = [("notify", "0002_text_prices"), ("infra", "0001_initial")]
    operations = [migrations.RunSQL(VIEW, "DROP VIEW pub.messages_handed_over")]
