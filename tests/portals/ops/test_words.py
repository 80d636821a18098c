"""Whatever may stop or wait has a name that an operator can read."""

from citycard.flows.outgoing import TOPICS
from citycard.flows.subscriptions import SUBSCRIPTIONS
from citycard.portals.ops import wrong


def test_every_subscriber_and_every_kind_of_letter_has_a_name() -> None:
    subscribers = {one.name for one in SUBSCRIPTIONS}
    assert {one for one in subscribers if wrong.subscriber_name(one) == one} == set()
    topics = {one.name for one in TOPICS}
    assert {one for one in topics if wrong.topic_name(one) == one} == set()
