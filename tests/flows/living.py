"""People, papers and staff for the tests of whole stories."""

import datetime as dt
import io
import itertools
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db import connection
from PIL import Image

from citycard.applications import api as applications
from citycard.cards import api as cards
from citycard.flows import applying
from citycard.infra.packs import current_pack
from citycard.infra.ports import use
from citycard.infra.unit_of_work import unit_of_work
from citycard.issuing import api as issuing
from citycard.kernel.actors import SYSTEM, Actor
from citycard.kernel.errors import Refused
from citycard.kernel.taiwan.national_id import with_check_digit
from citycard.people.ports import DemoRegisters, HouseholdEntry, StatusEntry
from tests.harness.patience import PATIENCE_S

NOW = dt.datetime(2026, 11, 21, 2, 0, tzinfo=dt.UTC)
COUNTER = "office-zhongzheng"
# the demo's outside remembers earlier runs: numbers begin somewhere else each time
_numbers: Iterator[int] = itertools.count(secrets.randbelow(5_000_000))


def resident(account: int = 1, *, level: int = 1, member_id: int | None = None) -> Actor:
    return Actor(
        id=f"account:{account}",
        kind="resident",
        roles=frozenset({"resident"}),
        level=level,
        member_id=member_id,
    )


def clerk(counter: str = COUNTER, number: int = 1) -> Actor:
    return Actor(
        id=f"staff:{number}",
        kind="staff",
        roles=frozenset({"clerk"}),
        agency=counter,
        counter=counter,
    )


def reviewer(agency: str = "social-welfare", number: int = 50) -> Actor:
    return Actor(id=f"staff:{number}", kind="staff", roles=frozenset({"reviewer"}), agency=agency)


def new_number(sex: str = "f") -> str:
    """Return an ID number that no test used before."""
    return with_check_digit(f"A{2 if sex == 'f' else 1}{next(_numbers) + 4_000_000:07d}")


def picture(
    size: tuple[int, int] = (900, 1200), kind: str = "JPEG", colour: str = "#7799bb"
) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, kind)
    return buffer.getvalue()


PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\nstartxref\n9\n%%EOF\n"


def answers(**changes: Any) -> dict[str, Any]:
    return {
        "name": "王小美",
        "id_number": new_number(),
        "birth_on": "1950-03-02",
        "sex": "f",
        "district": "中正區",
        "phone": "0912-345-678",
        "email": "Mei@example.tw",
        "resides_in_city": True,
        "pickup_counter": COUNTER,
        "applied_by": "self",
        **changes,
    }


def on_record(
    filled: dict[str, Any], *, statuses: Sequence[StatusEntry] = (), **detail: Any
) -> None:
    """Enter a person in the demo registers as they fill in the form."""
    entry = HouseholdEntry(
        id_number=filled["id_number"],
        name=filled["name"],
        birth_on=dt.date.fromisoformat(filled["birth_on"]),
        detail={"registered_city": "taipei", "registered_district": "zhongzheng", **detail},
    )
    use(DemoRegisters).enter_people([entry])
    use(DemoRegisters).enter_statuses(statuses)


def fill_in(
    actor: Actor,
    filled: dict[str, Any],
    services: Sequence[str] = ("senior-rides",),
    papers: Sequence[str] = ("identity-card", "photo"),
    now: dt.datetime = NOW,
) -> str:
    """Fill in a draft as a resident or clerk does, and return its public id."""
    with unit_of_work():
        draft = applications.start_draft(actor=actor, services=services, now=now)
        applications.save_answers(public_id=draft.public_id, answers=filled, actor=actor, now=now)
        for paper in papers:
            applications.add_document(
                public_id=draft.public_id,
                paper=paper,
                content=picture(),
                actor=actor,
                now=now,
            )
    return draft.public_id


def apply(
    actor: Actor,
    filled: dict[str, Any],
    services: Sequence[str] = ("senior-rides",),
    now: dt.datetime = NOW,
) -> applications.Submitted:
    public_id = fill_in(actor, filled, services, now=now)
    return applying.submit(public_id=public_id, consent=True, actor=actor, now=now)


def parts_of(ref: str, actor: Actor) -> dict[str, applications.CasePart]:
    return {part.service: part for part in applications.case(ref=ref, actor=actor).parts}


def approve(ref: str, actor: Actor, service: str, who: Actor, **more: Any) -> Any:
    part = parts_of(ref, actor)[service]
    decision = applications.PartDecision(
        part_id=part.part_id, decision="approve", version=part.version, **more
    )
    return applying.decide(decision=decision, actor=who, now=NOW)


def stock_up(counter: str = COUNTER, many: int = 10) -> list[int]:
    """Deliver blanks to a counter and return their ids."""
    first = next(_numbers) * 1000
    blanks = [
        issuing.NewBlank(
            medium="easycard",
            numbers={"printed": f"{first + n:016d}", "chip_id": f"{first + n:010d}"},
        )
        for n in range(many)
    ]
    with unit_of_work():
        received = issuing.receive_blanks(counter=counter, blanks=blanks, actor=SYSTEM, now=NOW)
    return [each.blank_id for each in received if each.blank_id is not None]


def at_once(act: Callable[[int], str], many: int = 2) -> list[str]:
    """Let several do something at the same moment; returns what each got, or the refusal's code."""
    together = threading.Barrier(many)
    outcomes: list[str] = []

    def run(number: int) -> None:
        together.wait(PATIENCE_S)
        try:
            outcomes.append(act(number))
        except Refused as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    return outcomes


def new_blank_number(medium: str) -> str:
    """Return a number of the medium's form that no test used before."""
    rule = cards.card_table().media[medium]
    example = current_pack().table("cards")["media"][medium]["numbers"][rule.shown]["example"]
    return f"{next(_numbers) * 1000:0{len(example)}d}"[-len(example) :]
