"""How somebody of the family applies for what they are offered, and gets their card."""

import datetime as dt
from typing import Any

from citycard.applications import api as applications
from citycard.cards import api as cards
from citycard.flows import applying, asking_registers, issuing_cards
from citycard.infra import clock, outbox
from citycard.infra.packs import current_pack
from citycard.infra.ports import use
from citycard.infra.unit_of_work import unit_of_work
from citycard.issuing import api as issuing
from citycard.kernel.access import Access
from citycard.kernel.actors import SYSTEM, Actor
from citycard.people import api as people
from citycard.people.ports import DemoRegisters, HouseholdEntry, StatusEntry
from citycard.simulation.applying import _blank_number, _clerk, _portrait, _reviewer
from citycard.simulation.family import Family, Relative

BLANKS = 40


def apply_for(
    *, family: Family, who: str, number: str, member_id: int, service: str, day: dt.date
) -> list[str]:
    """Apply, let the registers answer and the agency decide, and fetch the card.

    :returns: the kinds of card, or the medium of an own one, that came of it
    """
    made = []
    person = family.people[who]
    _on_record(family, who, number, member_id, day)
    ref = _hand_in(person, number, member_id, service, day)
    _deliver()
    agency = applications.form().services[service].agency
    queue = applications.queue(agency=agency, now=clock.now())
    (row,) = [each for each in queue if each.ref == ref]
    decision = applications.PartDecision(
        part_id=row.part_id, decision="approve", version=row.version
    )
    applying.decide(decision=decision, actor=_reviewer(agency), now=clock.now())
    if applications.form().services[service].own_card:
        made.append(_bring_own_card(member_id, day))
    for job in issuing.jobs_of_applications(application_ids=[row.application_id]):
        _fetch(job, member_id)
        made.append(job.card_kind)
    return made


def _bring_own_card(member_id: int, day: dt.date) -> str:
    """Let a clerk bind a card that the holder bought in a shop."""
    media = current_pack().table("cards")["media"]
    medium = next(code for code, row in media.items() if row.get("holders_own"))
    rule = media[medium]["numbers"][media[medium]["shown"]]
    number = _blank_number(str(rule["example"]), day.toordinal() * 10 + member_id % 10)
    issuing_cards.join_with_own_card(
        member_id=member_id,
        medium=medium,
        numbers={media[medium]["shown"]: number},
        actor=_clerk(counter_that_prints()),
        now=clock.now(),
    )
    return str(medium)


def _fetch(job: issuing.PrintJob, member_id: int) -> None:
    """Print and hand over; a card of its group that is still held is taken back first."""
    clerk = _clerk(job.counter)
    seen = issuing_cards.preview(print_id=job.print_id, actor=clerk, now=clock.now())
    issuing_cards.print_card(
        print_id=job.print_id, sha256=seen.sha256, actor=clerk, now=clock.now()
    )
    _deliver()
    group = cards.card_table().kinds[job.card_kind].one_of_group
    access = own_access(member_id, "cards")
    with unit_of_work():
        for held in cards.cards_of(access=access, member_id=member_id):
            kind = cards.card_table().kinds[held.kind]
            if group and kind.one_of_group == group and held.unbound_at is None:
                cards.end(
                    card_id=held.card_id,
                    state="returned",
                    why="replaced",
                    actor=clerk,
                    now=clock.now(),
                )
    issuing_cards.hand_over(print_id=job.print_id, actor=clerk, now=clock.now())


def _hand_in(person: Relative, number: str, member_id: int, service: str, day: dt.date) -> str:
    """Fill the form in as oneself, with every paper that it asks for; return the reference."""
    form, now, me = applications.form(), clock.now(), oneself(member_id)
    answers = _answers(person, number, form, service)
    papers = [paper for paper, _ in form.papers_for((service,), answers, day)]
    if form.services[service].needs_photo:
        papers.append(applications.PHOTO)
    with unit_of_work():
        draft = applications.start_draft(services=[service], answers=answers, actor=me, now=now)
        for paper in papers:
            applications.add_document(
                public_id=draft.public_id,
                paper=paper,
                content=_portrait(0),
                actor=me,
                now=now,
            )
    submitted = applying.submit(public_id=draft.public_id, consent=True, actor=me, now=now)
    return submitted.ref


def _answers(
    person: Relative, number: str, form: applications.Form, service: str
) -> dict[str, Any]:
    answers: dict[str, Any] = {
        "name": person.name,
        "id_number": number,
        "birth_on": person.birth_on.isoformat(),
        "sex": person.sex,
        "district": next(iter(current_pack().table("districts"))),
        "resides_in_city": True,
        "pickup_counter": counter_that_prints(),
        "applied_by": "self",
    }
    for question in form.asked((service,), answers):
        if question.type == "choice" and question.field not in answers:
            answers[question.field] = next(iter(question.settings["choices"]))
    return answers


def _on_record(family: Family, who: str, number: str, member_id: int, day: dt.date) -> None:
    """Let the demo's registers know of somebody what the city has been told."""
    facts = people.facts_of(member_ids=[member_id], names=None, on=day)[member_id]
    held = {code: held for code, held in facts.get("statuses", {}).items()}
    statuses = current_pack().table("statuses")["statuses"]
    use(DemoRegisters).enter_people(
        [
            HouseholdEntry(
                id_number=number,
                name=family.people[who].name,
                birth_on=family.people[who].birth_on,
                detail={
                    "registered_city": facts.get("registered_city"),
                    "registered_district": facts.get("registered_district"),
                    "relations": dict(facts.get("relations", {})),
                    "statuses": {
                        code: value
                        for code, value in held.items()
                        if statuses[code]["register"] == "household"
                    },
                },
            )
        ]
    )
    use(DemoRegisters).enter_statuses(
        [
            StatusEntry(
                id_number=number,
                status=code,
                answer="yes" if value else "no",
                detail=_days_of(family, who, code, day),
            )
            for code, value in held.items()
            if statuses[code]["register"] != "household"
        ]
    )


def _days_of(family: Family, who: str, status: str, day: dt.date) -> dict[str, str]:
    """Return from when to when a register says that somebody holds a status on a day."""
    told = [
        one
        for one in family.happenings
        if one.who == who and f"status.{status}" in one.facts and one.on <= day
    ]
    days = {"valid_from": told[-1].on, "valid_to": told[-1].until} if told else {}
    return {name: value.isoformat() for name, value in days.items() if value}


def _deliver() -> None:
    """Carry what waits to registers, printer and card company, and back."""
    for topic in (*asking_registers.LETTERS, *issuing_cards.LETTERS):
        while outbox.drain_once(topic, now=clock.now()):
            pass


def deliver_blanks(counter: str, now: dt.datetime) -> None:
    media = current_pack().table("cards")["media"]
    blanks = [
        issuing.NewBlank(
            medium=medium,
            numbers={
                kind: _blank_number(str(rule["example"]), serial)
                for kind, rule in row["numbers"].items()
            },
        )
        for medium, row in media.items()
        if row.get("stored_value")
        for serial in range(900_000, 900_000 + BLANKS)
    ]
    with unit_of_work():
        issuing.receive_blanks(counter=counter, blanks=blanks, actor=SYSTEM, now=now)


def counter_that_prints() -> str:
    """Return a counter of the city that prints."""
    counters = current_pack().table("counters")["counters"]
    return str(next(code for code, row in counters.items() if row["prints"]))


def own_access(member_id: int, field: str) -> Access:
    """Open what is somebody's own, as they do on their phone."""
    return people.open_access(
        subject=member_id,
        fields=(field,),
        purpose="own",
        actor=oneself(member_id),
        now=clock.now(),
    )


def oneself(member_id: int) -> Actor:
    """Return somebody of the family as they are at their own phone."""
    return Actor(
        id=f"account:{member_id}",
        kind="resident",
        roles=frozenset({"resident"}),
        level=3,
        member_id=member_id,
    )
