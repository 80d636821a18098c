"""The demo kiosk's tray: cards of the personas and of others, for its simulated writer."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from citycard.simulation.world import HeldCard, World

FULL_PURSE_NTD = 9_970
STRANGE_NUMBER = "9"


def lay_out(world: World, tray: Path) -> None:
    """Write the cards for the demo kiosk's pad: two personas, a nearly full purse, a stranger."""
    cards = [*islice(_personas(world), 2), *_nearly_full(world), *_unknown(world)]
    tray.parent.mkdir(parents=True, exist_ok=True)
    tray.write_text(json.dumps(cards, ensure_ascii=False, indent=1), encoding="utf-8")


def _personas(world: World) -> Iterator[dict[str, Any]]:
    media = _writable(world)
    for code, place in world.persona_of.items():
        member_id = world.member_ids[place]
        held = next(
            (c for c in world.cards if c.member_id == member_id and c.medium in media), None
        )
        if held is not None:
            names = world.pack.table("personas")["personas"][code]["name"]
            yield _card(world, held, code, names, purse=120)


def _nearly_full(world: World) -> Iterator[dict[str, Any]]:
    media, taken = _writable(world), {world.member_ids[p] for p in world.persona_of.values()}
    names = {"zh-Hant": "餘額快滿的卡片", "en": "A nearly full card"}
    for held in world.cards:
        if held.medium in media and held.member_id not in taken:
            yield _card(world, held, "full", names, purse=FULL_PURSE_NTD)
            return


def _unknown(world: World) -> Iterator[dict[str, Any]]:
    """Yield a card that nobody here holds, where points can be written to cards at all."""
    like = next((card for card in world.cards if card.medium in _writable(world)), None)
    if like is not None:
        names = {"zh-Hant": "還沒加入的卡片", "en": "A card from elsewhere"}
        shown = _card(world, like, "elsewhere", names, purse=500)
        yield shown | {"number": STRANGE_NUMBER * len(like.number)}


def _card(
    world: World, held: HeldCard, code: str, names: dict[str, str], *, purse: int
) -> dict[str, Any]:
    return {
        "id": code,
        "number": held.number,
        "issuer": held.issuer,
        "number_kind": str(world.pack.table("cards")["media"][held.medium]["shown"]),
        "kind": held.kind,
        "label": names["zh-Hant"],
        "label_en": names["en"],
        "purse": purse,
        "counter": 20,
    }


def _writable(world: World) -> set[str]:
    conversions = world.pack.table("points")["conversions"].values()
    return {medium for conversion in conversions for medium in conversion.get("media", ())}
