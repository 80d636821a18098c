"""Does one thing at a time, each in a child process of its own that may be killed on its way.

Started once with Django ready, it forks for each order: a power cut costs milliseconds, not a
start of the city. Orders come as JSON lines: what to do, with what, and where the power goes.
"""

import json
import os
import sys
import traceback
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any


def account(member: int, key: str, points: int) -> None:
    from citycard.flows import redeeming
    from citycard.infra import clock
    from citycard.kernel.actors import SYSTEM

    redeeming.redeem_to_account(
        member_id=member,
        kind="transit-subsidy",
        points=points,
        key=uuid.UUID(key),
        actor=SYSTEM,
        now=clock.now(),
    )


def till(code: str, number: str, key: str, points: int) -> None:
    from citycard.agencies import api as agencies
    from citycard.flows import redeeming, selling
    from citycard.infra import clock

    device = next(one for one in agencies.devices_for_gate() if one.code == code)
    card = redeeming.CardNumber(issuer="easycard", number_kind="printed", number=number)
    selling.pay_at_till(
        device=device,
        card=card,
        kind="shopping",
        points=points,
        key=uuid.UUID(key),
        receipt=f"B-{key[:8]}",
        now=clock.now(),
    )


def credit(minutes: int) -> None:
    """Deliver what partners are to be told, so many minutes from now."""
    import datetime as dt

    from citycard.flows import crediting
    from citycard.infra import clock, outbox

    outbox.drain_once(crediting.LETTER, now=clock.now() + dt.timedelta(minutes=minutes))


def expire(minutes: int) -> None:
    """Give back what is still reserved in so many minutes."""
    import datetime as dt

    from citycard.flows import expiring
    from citycard.infra import clock

    expiring.expire(clock.now() + dt.timedelta(minutes=minutes))


def earn(campaign: int, key: str, numbers: list[str], at: str) -> None:
    """Send an agency's own file of people who took part."""
    import datetime as dt

    from citycard.activities import api as activities
    from citycard.flows import earning
    from citycard.infra import clock
    from citycard.kernel.actors import Actor

    lines = [
        activities.EarningLine(
            reference=f"{key}-{number}",
            campaign_id=campaign,
            number=number,
            at=dt.datetime.fromisoformat(at),
        )
        for number in numbers
    ]
    upload = activities.Upload(agency="doit", route="api", key=key, lines=lines)
    sender = Actor(id="client:HIS-1", kind="agency_client", agency="doit")
    earning.take(upload=upload, actor=sender, now=clock.now())


DEEDS: dict[str, Callable[..., None]] = {
    "account": account,
    "till": till,
    "credit": credit,
    "expire": expire,
    "earn": earn,
}


def main() -> None:
    """Take orders until there are no more."""
    import django

    django.setup()
    from citycard.config import wiring
    from citycard.config.ports import provide_adapters

    city, outside = sys.argv[1:]
    provide_adapters(Path(outside))
    with wiring.city(city):
        print("ready", flush=True)
        for line in sys.stdin:
            print(json.dumps(carry_out(json.loads(line))), flush=True)


def carry_out(order: dict[str, Any]) -> int:
    """Have a child do it; returns how it ended: 0 done, -9 killed, otherwise broken."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    ended = 1
    try:
        _do(order)
        ended = 0
    finally:
        if ended:
            traceback.print_exc()
        os._exit(ended)


def _do(order: dict[str, Any]) -> None:
    from citycard.infra import failpoints

    failpoints._WANTED = order["place"]
    DEEDS[order["deed"]](**order["about"])


if __name__ == "__main__":
    main()
