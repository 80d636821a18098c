"""One message a happening, however often it is handled; texts in both languages from the pack."""

import datetime as dt

import pytest

from citycard.infra import outbox
from citycard.infra.unit_of_work import UnitOfWorkMisused, unit_of_work
from citycard.kernel.access import Access
from citycard.kernel.actors import Actor
from citycard.notify import api as notify

NOW = dt.datetime(2016, 3, 4, 2, 0, tzinfo=dt.UTC)
RESIDENT = Actor(id="account:1", kind="resident", roles=frozenset({"resident"}), member_id=7)
OWN = Access(
    subjects=frozenset({7}),
    fields=frozenset({"messages"}),
    purpose="own",
    actor=RESIDENT,
    record_id=None,
)


def approved(part=17, member=7):
    return notify.NewMessage(
        event_key=f"applications.part.approved:{part}",
        member_id=member,
        code="applications.part.approved",
        params={"ref": "A-7K3M-Q2XC", "service": "senior-rides"},
    )


def tell(*messages):
    with unit_of_work():
        return notify.tell_many(messages=messages, now=NOW)


def letters():
    return outbox.waiting(topic="notify.email")


@pytest.mark.django_db(transaction=False)
class TestTelling:
    def test_an_event_handled_twice_is_one_message_on_each_channel(self):
        assert [told.is_new for told in tell(approved())] == [True]
        assert [told.is_new for told in tell(approved())] == [False]
        assert len(notify.inbox(access=OWN, member_id=7, language="en")) == 1
        assert len(letters()) == 1
        assert notify.verify() == []

    def test_the_same_happening_twice_in_one_batch_is_one_message(self):
        assert len(tell(approved(), approved())) == 1
        assert len(letters()) == 1

    def test_a_batch_tells_what_is_new_and_leaves_the_rest(self):
        tell(approved(17))
        assert [told.is_new for told in tell(approved(17), approved(18))] == [False, True]

    def test_a_message_for_the_inbox_alone_is_not_sent(self):
        tell(
            notify.NewMessage(
                event_key="applications.application.completed:3",
                member_id=7,
                code="applications.application.completed",
                params={"ref": "A-7K3M-Q2XC"},
            )
        )
        assert letters() == []

    def test_without_a_text_in_the_pack_nothing_is_told(self):
        unknown = notify.NewMessage(event_key="x:1", member_id=7, code="no.such.happening")
        with pytest.raises(notify.MessageTextMissing) as refused:
            tell(approved(), unknown)
        assert refused.value.facts == {"code": "no.such.happening"}
        assert notify.inbox(access=OWN, member_id=7, language="en") == []

    def test_telling_needs_a_unit_of_work(self):
        with pytest.raises(UnitOfWorkMisused):
            notify.tell_many(messages=[approved()], now=NOW)


@pytest.mark.django_db(transaction=False)
class TestInbox:
    def test_words_are_the_readers_and_codes_become_names(self):
        tell(approved())
        [zh] = notify.inbox(access=OWN, member_id=7, language="zh-hant")
        [en] = notify.inbox(access=OWN, member_id=7, language="en")
        assert zh.title == "申辦已核准"
        assert "A-7K3M-Q2XC" in zh.body
        assert "senior-rides" not in zh.body
        assert en.title == "Approved"
        assert "senior-rides" not in en.body

    def test_newest_first_and_page_by_page(self):
        tell(*(approved(part) for part in range(5)))
        first = notify.inbox(access=OWN, member_id=7, language="en", limit=3)
        rest = notify.inbox(access=OWN, member_id=7, language="en", limit=3, before=first[-1].id)
        assert [one.id for one in first + rest] == sorted(
            (one.id for one in first + rest), reverse=True
        )
        assert len(rest) == 2

    def test_unread_until_opened(self):
        tell(approved(1), approved(2), approved(3, member=8))
        assert notify.unread_count(access=OWN, member_id=7) == 2
        with unit_of_work():
            assert notify.mark_read(member_id=7, now=NOW) == 2
            assert notify.mark_read(member_id=7, now=NOW) == 0
        assert notify.unread_count(access=OWN, member_id=7) == 0

    def test_nobody_reads_somebody_elses_messages(self):
        tell(approved(1, member=8))
        with pytest.raises(Exception, match="not opened for these people"):
            notify.inbox(access=OWN, member_id=8, language="en")
