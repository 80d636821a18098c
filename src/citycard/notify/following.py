"""Follow the journal: tell residents about what was announced, in the unit of work of the
cursor."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from citycard.activities import api as activities
from citycard.cards import api as cards
from citycard.infra.clock import now
from citycard.infra.journal import Announced
from citycard.infra.packs import current_pack
from citycard.notify.reacting import WRITERS, messages_about
from citycard.notify.telling import NewMessage, tell_many

POINTS_AWARDED = "activities.points.awarded"
CARD_LOST = "cards.card.reported_lost"
CARD_BOUND = "cards.card.bound"
RIGHT_MOVED = "cards.right.moved"
CARD_HANDED_OVER = "issuing.card.handed_over"
DRAW_HELD = "activities.draw.held"
FOLLOWED = frozenset({*WRITERS, POINTS_AWARDED, CARD_LOST, CARD_BOUND, RIGHT_MOVED, DRAW_HELD})
"""The events that residents may be told about."""


def tell_about(batch: Sequence[Announced]) -> None:
    """Tell residents about a batch of events; an event handled before tells nothing new."""
    messages = [
        *messages_about(batch),
        *_points_given([event for event in batch if event.code == POINTS_AWARDED]),
        *_cards_lost([event for event in batch if event.code == CARD_LOST]),
        *_cards_joined(batch),
        *_rights_moved([event for event in batch if event.code == RIGHT_MOVED]),
        *_draws_won([event for event in batch if event.code == DRAW_HELD]),
    ]
    if messages:
        tell_many(messages=messages, now=now())


def _points_given(awarded: Sequence[Announced]) -> Iterator[NewMessage]:
    """Tell each person once an event and activity: a reader's late upload is one message."""
    sums = {event.id: _points_by_person(event) for event in awarded}
    campaigns = {campaign for found in sums.values() for _, campaign in found}
    names = {campaign: _named(campaign) for campaign in sorted(campaigns)}
    for event_id, found in sums.items():
        for (member_id, campaign), points in found.items():
            yield NewMessage(
                event_key=f"{POINTS_AWARDED}:{event_id}:{campaign}:{member_id}",
                member_id=member_id,
                code=POINTS_AWARDED,
                params={"points": points, **names[campaign]},
            )


def _points_by_person(event: Announced) -> Counter[tuple[int, int]]:
    found: Counter[tuple[int, int]] = Counter()
    body = event.body
    for member_id, campaign, points in zip(
        body["member_ids"], body["campaign_ids"], body["points"], strict=True
    ):
        found[member_id, campaign] += points
    return found


def _named(campaign_id: int) -> dict[str, dict[str, str]]:
    """Name a campaign and the unit that it gives: a city has several, and they never mix."""
    found = activities.campaign(campaign_id=campaign_id)
    unit = current_pack().table("points")["units"][found.unit]["name"]
    return {
        "campaign": {"zh-Hant": found.names.zh, "en": found.names.en},
        "unit": {"zh-Hant": str(unit["zh-Hant"]), "en": str(unit["en"])},
    }


def _draws_won(held: Sequence[Announced]) -> Iterator[NewMessage]:
    """Tell each winner of a draw once, with the prize of their place."""
    for event in held:
        draw = activities.draw(draw_id=event.body["draw_id"])
        for winner in activities.winners_to_tell(draw_id=draw.id):
            prize = draw.prize_of(winner.place).names
            yield NewMessage(
                event_key=f"{DRAW_HELD}:{draw.id}:{winner.place}",
                member_id=winner.member_id,
                code=DRAW_HELD,
                params={
                    "draw": {"zh-Hant": draw.names.zh, "en": draw.names.en},
                    "prize": {"zh-Hant": prize.zh, "en": prize.en},
                },
            )


def _cards_lost(lost: Sequence[Announced]) -> Iterator[NewMessage]:
    held = [event for event in lost if event.body["member_id"] is not None]
    yield from _about_cards(
        (event, event.body["card_id"], event.body["member_id"]) for event in held
    )


def _cards_joined(batch: Sequence[Announced]) -> Iterator[NewMessage]:
    """Tell of a card that joined by itself: not of those just handed over, nor of whole lists."""
    handed_over = {event.body["card_id"] for event in batch if event.code == CARD_HANDED_OVER}
    yield from _about_cards(
        (event, event.body["card_ids"][0], event.body["member_ids"][0])
        for event in batch
        if event.code == CARD_BOUND
        and len(event.body["card_ids"]) == 1
        and event.body["card_ids"][0] not in handed_over
    )


def _rights_moved(moved: Sequence[Announced]) -> Iterator[NewMessage]:
    """Tell on which card a right is now that one card alone carries."""
    happened = ((event, event.body["card_id"], event.body["member_id"]) for event in moved)
    rights = {f"{RIGHT_MOVED}:{event.id}": event.body["entitlement"] for event in moved}
    for message in _about_cards(happened):
        told = {**message.params, "entitlement": rights[message.event_key]}
        yield replace(message, params=told)


def _about_cards(happened: Iterable[tuple[Announced, int, int]]) -> Iterator[NewMessage]:
    told = list(happened)
    if not told:
        return
    tails = cards.tails(card_ids=[card_id for _, card_id, _ in told])
    for event, card_id, member_id in told:
        yield NewMessage(
            event_key=f"{event.code}:{event.id}",
            member_id=member_id,
            code=event.code,
            params={"tail": tails.get(card_id, "")},
        )
