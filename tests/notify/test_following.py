"""Events become messages: to whom they concern, once, without anything personal in the row."""

import datetime as dt

import pytest

from citycard.infra.database import rows
from citycard.infra.journal import Announced
from citycard.infra.packs import Text
from citycard.infra.unit_of_work import unit_of_work
from citycard.notify import api as notify
from citycard.notify import following
from citycard.notify.reacting import messages_about

AT = dt.datetime(2016, 3, 4, 2, 0, tzinfo=dt.UTC)


def event(code, n=1, **body):
    return Announced(id=n, code=code, body=body, at=AT)


def part(code, n=1, member_id=7):
    return event(
        f"applications.part.{code}",
        n,
        application_id=3,
        part_id=17,
        ref="A-7K3M-Q2XC",
        member_id=member_id,
        service="senior-rides",
        agency="social-welfare",
    )


def test_a_part_that_is_asked_for_twice_is_told_twice():
    told = list(messages_about([part("supplement_asked", 1), part("supplement_asked", 9)]))
    assert len({message.event_key for message in told}) == 2


def test_a_message_holds_references_and_no_names():
    [told] = messages_about([part("approved")])
    assert told.params == {"ref": "A-7K3M-Q2XC", "service": "senior-rides"}


def test_nobody_is_told_before_we_know_who_it_is():
    submitted = event(
        "applications.application.submitted",
        application_id=3,
        ref="A-7K3M-Q2XC",
        member_id=None,
        channel="online",
    )
    assert list(messages_about([submitted])) == []


def test_a_right_is_told_to_each_member_unless_the_run_is_quiet():
    body = {"entitlement": "senior-rides", "member_ids": [7, 8], "on": "2016-03-04"}
    loud = event("entitlements.right.granted", quiet=False, **body)
    quiet = event("entitlements.right.granted", quiet=True, **body)
    assert [told.member_id for told in messages_about([loud])] == [7, 8]
    assert list(messages_about([quiet])) == []


def test_events_that_nobody_is_told_about_give_no_message():
    assert list(messages_about([event("people.facts.changed", member_ids=[7])])) == []


@pytest.mark.django_db
def test_points_are_told_once_a_person_and_activity(monkeypatch):
    names = {5: Text("健康篩檢集點", "Health screening points")}
    named = {"campaign": {"zh-Hant": names[5].zh, "en": names[5].en}, "unit": {}}
    monkeypatch.setattr(following, "_named", lambda id_: named)
    awarded = event(
        "activities.points.awarded",
        member_ids=[7, 8, 7],
        campaign_ids=[5, 5, 5],
        points=[50, 50, 20],
    )
    with unit_of_work():
        notify.tell_about([awarded, awarded])
    found = rows("SELECT member_id, params->>'points' AS points FROM notify_message ORDER BY 1")
    assert [(row.member_id, row.points) for row in found] == [(7, "70"), (8, "50")]


@pytest.mark.django_db
def test_every_followed_event_has_its_words_in_the_pack():
    for code in notify.FOLLOWED:
        assert notify.params_of(code=code) is not None


def bound(n, *cards):
    return event("cards.card.bound", n, card_ids=list(cards), member_ids=[7] * len(cards))


def told_codes(*batch):
    return [message.code for message in following._cards_joined(batch)]


@pytest.mark.django_db
def test_a_card_of_ones_own_that_joins_is_told_but_no_list_and_no_card_just_handed_over():
    handed_over = event("issuing.card.handed_over", 2, card_id=5, member_id=7, card_kind="senior")
    assert told_codes(bound(1, 5)) == ["cards.card.bound"]
    assert told_codes(bound(1, 5), handed_over) == []
    assert told_codes(bound(1, 5, 6)) == []
