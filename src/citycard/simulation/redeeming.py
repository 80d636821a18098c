"""Redemptions of a demo city: some residents turn points into stored value at kiosks."""

import datetime as dt
import uuid

from citycard.agencies import api as agencies
from citycard.infra import clock, ports
from citycard.infra.unit_of_work import unit_of_work
from citycard.ledger import api as ledger
from citycard.redemptions import api as redemptions
from citycard.simulation.world import BUILDER, HeldCard, World

REDEEMERS = 120
_PURSE_NTD = 137
_COUNTER = 8
_DEPOSIT_NTD = 900_000


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
            session = _redeem_one(world, kiosk, card.card_id, card.member_id, card.medium, 50)
            done += 1
            _write_down(session, kiosk, card, seq=done)
        if conversion["way"] == "card":
            _pay_ahead(world, conversion["partner"])
    return done


def _write_down(
    session: redemptions.Session, kiosk: redemptions.Kiosk, card: HeldCard, *, seq: int
) -> None:
    """Let the kiosk's journal and the card company know of it, as they would."""
    line = redemptions.KioskLine(
        key=session.key,
        seq=seq,
        card_number=card.number,
        counter=_COUNTER + 1,
        ntd=session.ntd,
        purse_before=_PURSE_NTD,
        purse_after=_PURSE_NTD + session.ntd,
        wrote=True,
        at=session.reserved_at,
    )
    record = redemptions.LoadingRecord(
        reference=session.public_id.hex[:12],
        terminal=kiosk.code,
        card_number=card.number,
        counter=_COUNTER + 1,
        ntd=session.ntd,
        purse_before=_PURSE_NTD,
        purse_after=_PURSE_NTD + session.ntd,
        at=session.reserved_at,
    )
    with unit_of_work():
        redemptions.take_kiosk_lines(
            lines=[line],
            kiosk=kiosk,
            issuer=session.partner,
            number_kind="printed",
            now=clock.now(),
        )
    ports.use(redemptions.DemoLoadings).took(session.partner, [record])


def _pay_ahead(world: World, partner: str) -> None:
    with unit_of_work():
        redemptions.deposit(
            partner=partner,
            ntd=_DEPOSIT_NTD,
            paid_on=world.on,
            reference="DEMO-1",
            actor=BUILDER,
            now=clock.now(),
        )


def _redeem_one(
    world: World, kiosk: redemptions.Kiosk, card_id: int, member_id: int, medium: str, points: int
) -> redemptions.Session:
    key = uuid.UUID(int=world.chance.getrandbits(128), version=4)
    reading = redemptions.CardReading(purse=_PURSE_NTD, counter=_COUNTER)
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
        counter=_COUNTER + 1, amount_ntd=reserved.ntd, terminal=reserved.terminal
    )
    after = redemptions.CardReading(
        purse=reading.purse + reserved.ntd, counter=reading.counter + 1, recent=[line]
    )
    with unit_of_work():
        return redemptions.settle(
            key=key,
            kiosk=kiosk,
            reading=after,
            actor=BUILDER,
            now=now + dt.timedelta(seconds=4),
        )
