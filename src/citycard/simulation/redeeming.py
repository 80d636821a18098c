"""Redemptions of a demo city: some residents turn points into stored value at kiosks."""

import datetime as dt
import uuid

from citycard.agencies import api as agencies
from citycard.infra import clock
from citycard.infra.unit_of_work import unit_of_work
from citycard.ledger import api as ledger
from citycard.redemptions import api as redemptions
from citycard.simulation.world import BUILDER, World

REDEEMERS = 120
_PURSE_NTD = 137


def redeem(world: World) -> int:
    """Let some residents redeem part of their points; returns how many did."""
    table = world.pack.table("points")
    done = 0
    for conversion in table["conversions"].values():
        media = set(conversion.get("media", ()))
        holders = [card for card in world.cards if card.medium in media]
        balances = ledger.balances(
            holders=sorted({card.member_id for card in holders}),
            unit=conversion["unit"],
            on=world.on,
            access=None,
        )
        kiosks = [kiosk for kiosk in agencies.devices() if kiosk.kind == "kiosk"]
        one_card_each = {card.member_id: card for card in holders}.values()
        rich = [card for card in one_card_each if balances[card.member_id].available >= 50]
        for card in world.chance.sample(rich, min(REDEEMERS, len(rich))):
            at = world.chance.choice(kiosks)
            kiosk = redemptions.Kiosk(
                device_id=at.device_id, code=at.code, place=at.place, agency=at.agency
            )
            _redeem_one(world, kiosk, card.card_id, card.member_id, card.medium, 50)
            done += 1
    return done


def _redeem_one(
    world: World, kiosk: redemptions.Kiosk, card_id: int, member_id: int, medium: str, points: int
) -> None:
    key = uuid.UUID(int=world.chance.getrandbits(128), version=4)
    reading = redemptions.CardReading(purse=_PURSE_NTD, counter=8)
    now = clock.now()
    with unit_of_work():
        reserved = redemptions.reserve(
            asked=redemptions.Reservation(
                key=key,
                kiosk=kiosk,
                card_id=card_id,
                member_id=member_id,
                medium=medium,
                points=points,
                reading=reading,
            ),
            actor=BUILDER,
            now=now,
        )
    with unit_of_work():
        redemptions.mark_writing(key=key, kiosk=kiosk, actor=BUILDER, now=now)
    line = redemptions.Written(
        counter=reading.counter, amount_ntd=reserved.ntd, terminal=reserved.terminal
    )
    after = redemptions.CardReading(
        purse=reading.purse + reserved.ntd, counter=reading.counter + 1, recent=[line]
    )
    with unit_of_work():
        redemptions.settle(
            key=key,
            kiosk=kiosk,
            reading=after,
            actor=BUILDER,
            now=now + dt.timedelta(seconds=4),
        )
