"""The people of a demo city become members; the demo registers know them, and so do facts."""

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from citycard.identity import api as identity
from citycard.infra.ports import use
from citycard.people import api as people
from citycard.people.ports import DemoRegisters, HouseholdEntry, StatusEntry
from citycard.simulation.drawing import Person
from citycard.simulation.world import BUILDER, World

_Thing = TypeVar("_Thing")
SOURCE = "household-register"
_CHUNK = 5000
_UNCLEAR_EVERY = 211
"""Every so many-th person, the registers can't make up their mind."""


def settle(world: World, now: dt.datetime) -> None:
    """Enrol everybody who was drawn, with the facts that registers vouch for."""
    found = people.enrol_many(
        people=[_new_member(person) for person in world.people], actor=BUILDER, now=now
    )
    for person, one in zip(world.people, found, strict=True):
        assert one.member_id is not None, f"person {person.n}: {one.refusal}"
        world.member_ids.append(one.member_id)
    people.mark_verified(member_ids=world.member_ids, source=SOURCE, actor=BUILDER, now=now)
    pairs = zip(world.people, world.member_ids, strict=True)
    facts = (fact for person, member_id in pairs for fact in _facts(world, person, member_id))
    for some in _in_chunks(facts):
        people.record_facts(facts=some, actor=BUILDER, now=now)


def record_guardians(world: World, now: dt.datetime) -> None:
    """Record the resident personas as guardians of their children, who were drawn after them, and
    how they are reached."""
    for parent in world.persona_of.values():
        people.change_contact(
            member_id=world.member_ids[parent],
            contact=people.Contact(phone=f"09{world.people[parent].n % 100_000_000:08d}"),
            actor=BUILDER,
            now=now,
        )
        household = world.people[parent].household
        for place in range(parent + 1, len(world.people)):
            if world.people[place].household != household:
                break
            people.record_guardian(
                child_id=world.member_ids[place],
                guardian_id=world.member_ids[parent],
                basis="household",
                actor=BUILDER,
                now=now,
            )


def open_accounts(world: World, now: dt.datetime) -> None:
    """Give the resident personas an account that the log-in page opens."""
    accounts = identity.open_accounts(
        accounts=[
            identity.NewAccount(member_id=world.member_ids[place], level=3)
            for place in world.persona_of.values()
        ],
        actor=BUILDER,
        now=now,
    )
    for code, account_id in zip(world.persona_of, accounts, strict=True):
        assert account_id is not None, f"persona {code} has an account already"
        identity.register_persona(code=code, account_id=account_id)


def fill_registers(world: World, people_to_enter: Iterable[Person]) -> None:
    """Enter people and their statuses in the demo registers: a port, so outside any unit of
    work."""
    registers = use(DemoRegisters)
    for some in _in_chunks(people_to_enter):
        registers.enter_people([_household_entry(world, person) for person in some])
        registers.enter_statuses(
            [entry for person in some for entry in _status_entries(world, person)]
        )


def _new_member(person: Person) -> people.NewMember:
    return people.NewMember(
        name=person.name,
        birth_on=person.birth_on,
        sex=person.sex,
        id_number=person.id_number,
        passport=person.passport,
        district=person.district,
        source="import",
    )


def _facts(world: World, person: Person, member_id: int) -> Iterator[people.NewFact]:
    known: dict[str, Any] = {
        "registered_city": world.pack.code,
        "registered_district": world.pack.table("districts")[person.district]["name"]["zh-Hant"],
        "resides_in_city": person.resides_in_city,
        **{f"status.{code}": True for code in sorted(person.statuses)},
        **{f"relation.{code}": True for code in sorted(person.relations)},
    }
    if person.school:
        known["school"] = _plain(person.school)
    for name, value in known.items():
        yield people.NewFact(
            member_id=member_id,
            name=name,
            value=value,
            valid_from=person.birth_on if name == "registered_city" else world.first_day,
            source=SOURCE,
            basis_kind="import",
        )


def _household_entry(world: World, person: Person) -> HouseholdEntry:
    district = world.pack.table("districts")[person.district]
    statuses = world.pack.table("statuses")["statuses"]
    return HouseholdEntry(
        id_number=person.id_number,
        name=person.name,
        birth_on=person.birth_on,
        detail={
            "registered_city": world.pack.code,
            "registered_district": district["name"]["zh-Hant"],
            "district": person.district,
            "statuses": {
                code: code in person.statuses
                for code, row in statuses.items()
                if row["register"] == "household"
            },
            "relations": {code: True for code in sorted(person.relations)},
        },
        answer="unknown" if person.n % _UNCLEAR_EVERY == _UNCLEAR_EVERY - 1 else None,
    )


def _status_entries(world: World, person: Person) -> Iterator[StatusEntry]:
    for code in sorted(person.statuses):
        if world.pack.table("statuses")["statuses"][code]["register"] != "household":
            yield StatusEntry(
                id_number=person.id_number,
                status=code,
                detail={"valid_from": world.first_day.isoformat()},
            )


def _plain(school: Any) -> dict[str, Any]:
    return {
        key: value.isoformat() if isinstance(value, dt.date) else value
        for key, value in school.items()
    }


def _in_chunks(things: Iterable[_Thing]) -> Iterator[list[_Thing]]:
    source = iter(things)
    while some := list(islice(source, _CHUNK)):
        yield some
