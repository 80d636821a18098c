"""A town for tests of comings and goings: a pupil, two guardians, a stranger, a school gate."""

import datetime as dt
from typing import Any

from citycard.cards import api as cards
from citycard.entitlements import api as entitlements
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM, Actor
from citycard.kernel.taiwan.national_id import with_check_digit
from citycard.people import api as people
from tests.harness.cities import City
from tests.portals import seeding

NUMBER = "9129000000000001"
CHILD, MOTHER, FATHER, STRANGER = range(4)


def actor(member_id: int) -> Actor:
    return Actor(id=f"member:{member_id}", kind="resident", roles=frozenset({"resident"}),
                 member_id=member_id)  # fmt: skip


def build(city: City) -> dict[str, Any]:
    """Build it in a fresh city."""
    seeding.activate()
    child = _pupil()
    members = [child, *seeding.residents(3)]
    with unit_of_work():
        for parent in members[MOTHER:STRANGER]:
            people.record_guardian(
                child_id=child, guardian_id=parent, basis="household", actor=SYSTEM,
                now=seeding.at_noon(30),
            )  # fmt: skip
            people.change_contact(
                member_id=parent, contact=people.Contact(phone="0912345678"), actor=SYSTEM,
                now=seeding.at_noon(30),
            )  # fmt: skip
    reader = seeding.enrol_readers("sports-daan", service="school-attendance")["sports-daan"]
    return {"city": city, "members": members, "reader": reader}


def _pupil() -> int:
    at = seeding.at_noon(40)
    with unit_of_work():
        (found,) = people.enrol_many(
            people=[
                people.NewMember(
                    name="林小安",
                    birth_on=dt.date(2016, 2, 29),
                    sex="f",
                    id_number=with_check_digit("A22890123"),
                    district="daan",
                    source="import",
                )
            ],
            actor=SYSTEM,
            now=at,
        )
        assert found.member_id is not None
        people.record_facts(
            facts=[
                people.NewFact(
                    member_id=found.member_id,
                    name="school",
                    value={"level": "primary", "in_city": True},
                    valid_from=dt.date(2022, 9, 1),
                    source="import",
                    basis_kind="import",
                )
            ],
            actor=SYSTEM,
            now=at,
        )
        entitlements.decide(
            member_ids=[found.member_id], on=dt.date(2022, 9, 1), actor=SYSTEM, now=at
        )
        (card,) = cards.register_many(
            cards=[
                cards.NewCard(kind="student", medium="easycard", numbers={"printed": NUMBER})
            ],
            actor=SYSTEM,
            now=at,
        )  # fmt: skip
        cards.bind_many(
            binds=[cards.Bind(card_id=card.card_id, member_id=found.member_id)],
            actor=SYSTEM,
            now=at,
        )
    return found.member_id
