"""Cards of a demo city: who holds which, decided by the pack's own rules, and agencies' numbers."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from citycard.cards import api as cards
from citycard.cards.ports import DemoLibrary, LibraryPatron
from citycard.entitlements import api as entitlements
from citycard.infra.ports import use
from citycard.people import api as people
from citycard.rules.api import Verdict
from citycard.simulation.world import BUILDER, HeldCard, World

SHARE_OF_BATCH = 1.0
"""A school's or office's list gives everybody a card."""
SHARE_OF_GROUP = 0.6
"""Of those entitled to one of a group of concession cards, so many hold one (seed: over 60 % of
seniors)."""
SHARE_OF_OTHERS = 0.15
SHARE_WITH_SECOND_CARD = 0.04


def approve(world: World, now: dt.datetime) -> dict[int, str]:
    """Record approvals for those who hold a card that is applied for; return member → card kind."""
    kind_of: dict[int, str] = {}
    approvals = []
    by_kind = {one.card_kind: one for one in entitlements.catalogue(on=world.on) if one.card_kind}
    eligible = entitlements.eligibility(
        member_ids=world.member_ids,
        entitlements=[one.code for one in by_kind.values()],
        on=world.first_day,
    )
    for place, member_id in enumerate(world.member_ids):
        for kind, entitlement in by_kind.items():
            held = place in world.persona_of.values() and kind not in _held_by_persona(world, place)
            may = eligible[member_id][entitlement.code].verdict is Verdict.YES
            lucky = world.chance.random() < _share(world, kind)
            if held or member_id in kind_of or not may or not lucky:
                continue
            kind_of[member_id] = kind
            if entitlement.granted_by == "application":
                approvals.append(_approval(world, member_id, entitlement.code))
    people.record_facts(facts=approvals, actor=BUILDER, now=now)
    return kind_of


def hand_out(world: World, kind_of: dict[int, str], now: dt.datetime) -> None:
    """Register and bind a card for each of them, some with a second one, and the personas' own."""
    wanted = [(member_id, kind) for member_id, kind in sorted(kind_of.items())]
    own = _own_card_kind(world)
    if own is not None:
        wanted += [
            (member_id, own)
            for member_id, _ in wanted
            if world.chance.random() < SHARE_WITH_SECOND_CARD
        ]
        wanted += [
            (world.member_ids[place], kind)
            for place in world.persona_of.values()
            for kind in _held_by_persona(world, place)
            if world.member_ids[place] not in kind_of
        ]
    new = [_new_card(world, n, kind) for n, (_, kind) in enumerate(wanted)]
    registered = cards.register_many(cards=new, actor=BUILDER, now=now)
    binds = []
    for (member_id, _), card, result in zip(wanted, new, registered, strict=True):
        assert result.card_id is not None, f"{card.kind} card: {result.refusal}"
        binds.append(cards.Bind(card_id=result.card_id, member_id=member_id))
    bound = cards.bind_many(binds=binds, actor=BUILDER, now=now)
    district_of = dict(zip(world.member_ids, (p.district for p in world.people), strict=True))
    media = world.pack.table("cards")["media"]
    world.cards += [
        HeldCard(
            card_id=bind.card_id,
            member_id=bind.member_id,
            kind=card.kind,
            medium=card.medium,
            issuer=str(media[card.medium]["issuer"]),
            number=card.numbers[media[card.medium]["shown"]],
            district=district_of[bind.member_id],
        )
        for bind, card, result in zip(binds, new, bound, strict=True)
        if result.refusal is None
    ]


def link_agencies(world: World, now: dt.datetime) -> None:
    """Give nine of ten card holders the own numbers of agencies that have them (a library's
    readers)."""
    for code, agency in world.pack.table("agencies")["agencies"].items():
        if "member_number" in agency:
            links = _own_numbers(world, agency)
            cards.link_agency_numbers(agency=code, links=links, actor=BUILDER, now=now)


def fill_library(world: World) -> None:
    """Enter the readers in the demo library: a port, so outside any unit of work."""
    name_of = dict(zip(world.member_ids, (one.name for one in world.people), strict=True))
    for agency in world.pack.table("agencies")["agencies"].values():
        if agency["kind"] == "library" and "member_number" in agency:
            patrons = [
                LibraryPatron(number=number, name=name_of[member_id])
                for member_id, number in _own_numbers(world, agency)
            ]
            use(DemoLibrary).enter_patrons(patrons)


def _own_numbers(world: World, agency: Mapping[str, Any]) -> list[tuple[int, str]]:
    holders = sorted({card.member_id for card in world.cards})
    width, prefix = _number_shape(str(agency["member_number"]["example"]))
    return [
        (member_id, f"{prefix}{1_000_017 + n * 7:0{width}d}")
        for n, member_id in enumerate(holders)
        if n % 10
    ]


def _number_shape(example: str) -> tuple[int, str]:
    prefix = example.rstrip("0123456789")
    return len(example) - len(prefix), prefix


def _share(world: World, kind: str) -> float:
    row = world.pack.table("cards")["kinds"][kind]
    if row.get("batch_only"):
        return SHARE_OF_BATCH
    return SHARE_OF_GROUP if row.get("one_of_group") else SHARE_OF_OTHERS


def _held_by_persona(world: World, place: int) -> list[str]:
    for code, at in world.persona_of.items():
        if at == place:
            return list(world.pack.table("personas")["personas"][code].get("holds", ()))
    return []


def _own_card_kind(world: World) -> str | None:
    kinds = world.pack.table("cards")["kinds"]
    return next((code for code, row in kinds.items() if not row.get("one_of_group")), None)


def _approval(world: World, member_id: int, entitlement: str) -> people.NewFact:
    return people.NewFact(
        member_id=member_id,
        name=f"approval.{entitlement}",
        value=True,
        valid_from=world.first_day,
        source="import",
        basis_kind="import",
    )


def _new_card(world: World, n: int, kind: str) -> cards.NewCard:
    """Return a card of a kind on one of its media; its numbers are the nth of the medium's own."""
    table = world.pack.table("cards")
    media = [
        code for code in table["kinds"][kind]["media"] if table["media"][code].get("stored_value")
    ]
    medium = media[n % len(media)]
    shown = table["media"][medium]["shown"]
    numbers = {
        number_kind: _number(str(rule["example"]), n)
        for number_kind, rule in table["media"][medium]["numbers"].items()
    }
    assert shown in numbers
    return cards.NewCard(
        kind=kind, medium=medium, issuer=str(table["media"][medium]["issuer"]), numbers=numbers
    )


def _number(example: str, n: int) -> str:
    """Return a number of the example's length, from its first digits on."""
    head = example[:3]
    return head + f"{n * 13 + 7:0{len(example) - 3}d}"
