"""Comings and goings: stays follow taps, guardians are told, and choose whether they are."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final

from citycard.attendance import api as attendance
from citycard.cards import api as cards
from citycard.infra import clock
from citycard.infra.journal import Announced
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM, Actor
from citycard.kernel.errors import Refused
from citycard.notify import api as notify
from citycard.people import api as people

PASSED: Final = "attendance.pupil.passed"
PURPOSE: Final = "school-notice"


class NotYourChild(Refused):
    """This is no child of yours that the city knows of; a counter can record it."""

    code = "attending.not_your_child"
    http_status = 404


def follow_taps(batch: Sequence[Announced]) -> None:
    """Work out stays from stored batches of taps; a subscriber's handler."""
    months = {dt.date.fromisoformat(month) for event in batch for month in event.body["months"]}
    attendance.follow_attendance_taps(
        batch_ids=[event.body["batch_id"] for event in batch],
        months=sorted(months),
        actor=SYSTEM,
        now=clock.now(),
    )


def tell_guardians(batch: Sequence[Announced]) -> None:
    """Tell guardians who asked for it that a child came or left; a subscriber's handler.

    Who is no guardian any more, or whose child is of age, is told nothing.
    """
    passed = attendance.passages(
        stay_ids=[stay for event in batch for stay in event.body["stay_ids"]],
        left=[left for event in batch for left in event.body["left"]],
    )
    messages = list(_messages(passed))
    if messages:
        notify.tell_many(messages=[message for message, _ in messages], now=clock.now())
        attendance.note_told(messages=[of for _, of in messages])


def _messages(
    passed: Sequence[attendance.Passage],
) -> Iterator[tuple[notify.NewMessage, attendance.ToldOf]]:
    """Yield what is told to whom, and which tap it speaks of."""
    children = sorted({one.member_id for one in passed})
    asked = _asked(children) if children else {}
    tails = cards.tails(card_ids=[one.card_id for one in passed if one.member_id in asked])
    price = attendance.attendance_table().text_price_ntd
    for one in passed:
        what = "left" if one.left else "arrived"
        for notice in asked.get(one.member_id, ()):
            message = notify.NewMessage(
                event_key=f"attendance.pupil.{what}:{one.stay_key}:{notice.guardian_id}",
                member_id=notice.guardian_id,
                code=f"attendance.pupil.{what}",
                params={
                    "tail": tails.get(one.card_id, ""),
                    "place": one.place,
                    "time": f"{clock.city_time().local(one.at):%H:%M}",
                },
                channels=frozenset({"inbox", notice.channel}),
                text_price_ntd=price if notice.channel == "sms" else 0,
                billed_by=one.agency,
            )
            yield (
                message,
                attendance.ToldOf(
                    event_key=message.event_key,
                    channel=notice.channel,
                    service=one.service,
                    agency=one.agency,
                    received_at=one.received_at,
                ),
            )


def _asked(children: Sequence[int]) -> dict[int, list[attendance.Notice]]:
    """Return who is to be told of each child: those who asked and guard the child today."""
    guarding = {
        (one.child_id, one.guardian_id)
        for one in people.guardians_of(child_ids=children, on=clock.today())
    }
    found: dict[int, list[attendance.Notice]] = {}
    for notice in attendance.notices_about(child_ids=children):
        if (notice.child_id, notice.guardian_id) in guarding:
            found.setdefault(notice.child_id, []).append(notice)
    return found


def choose(
    *, child_id: int, channel: attendance.Channel | None, actor: Actor, now: dt.datetime
) -> None:
    """Let a guardian choose how they are told of a child; None: not at all.

    The choice is a consent of its own, recorded with its wording and withdrawn with the choice.

    :raises NotYourChild: the actor doesn't guard this child
    """
    guardian_id = actor.member_id
    assert guardian_id is not None, "a page of own data needs a route that asks for a member"
    guarded = people.children_of(guardian_id=guardian_id, on=current_pack().time.day(now))
    if child_id not in {one.child_id for one in guarded}:
        raise NotYourChild()
    with unit_of_work():
        stood_on = attendance.stop_notice(
            child_id=child_id, guardian_id=guardian_id, actor=actor, now=now
        )
        if stood_on is not None:
            people.withdraw_ground(ground_id=stood_on, member_id=guardian_id, actor=actor, now=now)
        if channel is not None:
            attendance.ask_for_notice(
                child_id=child_id,
                guardian_id=guardian_id,
                channel=channel,
                ground_id=_agree(guardian_id, actor, now),
                actor=actor,
                now=now,
            )


def follow_withdrawals(batch: Sequence[Announced]) -> None:
    """Tell nobody any more whose consent was withdrawn; a subscriber's handler."""
    attendance.stop_notices_on(
        ground_ids=[event.body["ground_id"] for event in batch], now=clock.now()
    )


def _agree(guardian_id: int, actor: Actor, now: dt.datetime) -> int:
    ground = current_pack().table("purposes")["purposes"][PURPOSE]["ground"]
    return people.give_ground(
        member_id=guardian_id,
        purpose=PURPOSE,
        kind="consent",
        text_version=ground["version"],
        actor=actor,
        now=now,
    )
