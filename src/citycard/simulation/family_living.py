"""A family's life, lived through the city's own faces with a clock that moves.

Only days on which something may change are visited: what registers tell, birthdays, and the days on
which a fact ends. On each, the registers' news come in, reactions and due jobs run, what a person
may newly have is offered, and the family accepts: a form, registers, an agency, a card.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from citycard.applications import api as applications
from citycard.cards import api as cards
from citycard.entitlements import api as entitlements
from citycard.flows import applying, asking_registers, issuing_cards, keeping_rights
from citycard.infra import clock, outbox, partitions
from citycard.infra.packs import current_pack
from citycard.infra.ports import use
from citycard.infra.unit_of_work import unit_of_work
from citycard.issuing import api as issuing
from citycard.kernel.access import Access
from citycard.kernel.actors import SYSTEM, Actor
from citycard.kernel.periods import birthday
from citycard.kernel.taiwan.national_id import with_check_digit
from citycard.people import api as people
from citycard.people.ports import DemoRegisters, HouseholdEntry, StatusEntry
from citycard.rules.api import Verdict
from citycard.simulation.applying import (
    _blank_number,
    _clerk,
    _portrait,
    _reviewer,
    _settle,
)
from citycard.simulation.family import Family, Happening, Relative

BLANKS = 40
MAY_DECLARE = frozenset({"resides_in_city"})
"""What an applicant says of themselves: an offer needs no register for it."""


@dataclass(frozen=True, kw_only=True)
class Offered:
    """A service that somebody could have from a day on, and was offered on it."""

    on: dt.date
    who: str
    entitlement: str


@dataclass(kw_only=True)
class Lived:
    """What became of the family.

    :ivar rights: (who, entitlement, first day, first day after it or None), as the city knows it
        at the end; ``offers`` in order of time
    """

    members: dict[str, int] = field(default_factory=dict)
    rights: list[tuple[str, str, dt.date, dt.date | None]] = field(default_factory=list)
    offers: list[Offered] = field(default_factory=list)
    cards: list[tuple[str, str, dt.date]] = field(default_factory=list)
    days: int = 0


def live(*, family: Family, until: dt.date) -> Lived:
    """Live a family's life up to a day; nobody does anything by hand but apply for what is offered.

    The city's pack is active.
    """
    lived = Lived()
    first = days_of_change(family, until)[0]
    _deliver_blanks(_counter(), clock.city_time().midnight(first))
    known = {key: with_check_digit(one.id_number) for key, one in family.people.items()}
    for day in days_of_change(family, until):
        now = clock.city_time().midnight(day) + dt.timedelta(hours=9)
        with clock.stopped_at(now):
            told = [one for one in family.happenings if one.on == day]
            if told:
                _news(family, told, known, lived)
            if told or entitlements.due(on=day):
                _react(now)
            while _accept(family, known, lived, day):
                _react(now)
        lived.days += 1
    with clock.stopped_at(now):
        _settle()  # and nobody who follows is left standing
    lived.rights = _rights(lived)
    return lived


def days_of_change(family: Family, until: dt.date) -> list[dt.date]:
    """Return the days on which something may change: news, ends that are known, birthdays, and the
    first days of the city's entitlements."""
    days = {one.on for one in family.happenings}
    days |= {one.until for one in family.happenings if one.until}
    for one in family.happenings:
        graduates_on = (one.facts.get("school") or {}).get("graduates_on")
        if graduates_on:
            days.add(dt.date.fromisoformat(graduates_on))
            days.add(dt.date(int(graduates_on[:4]), 11, 1))
    for key, person in family.people.items():
        last = family.end_of(key) or until
        days |= {birthday(person.birth_on, age) for age in range(last.year - person.birth_on.year)}
        if family.end_of(key):
            days.add(last + dt.timedelta(days=1))
    days |= {one["since"] for one in current_pack().table("entitlements").values()}
    first = min(one.on for one in family.happenings)
    return sorted(day for day in days if first <= day <= until)


def _news(family: Family, told: Sequence[Happening], known: dict[str, str], lived: Lived) -> None:
    """Bring in what registers tell on a day; who is new becomes a member."""
    now = clock.now()
    with unit_of_work():
        _month_ahead(now)
        for who in dict.fromkeys(one.who for one in told if one.who not in lived.members):
            lived.members[who] = _enrol(family.people[who], known[who], now)
        people.record_facts(
            facts=[
                fact
                for one in told
                for fact in _facts(lived.members[one.who], one)
                if fact.name != "died_on"
            ],
            actor=SYSTEM,
            now=now,
        )
        people.update_from_register(
            updates=[
                people.RegisterUpdate(
                    member_id=lived.members[one.who],
                    on=one.on,
                    source="register:household",
                    died_on=dt.date.fromisoformat(one.facts["died_on"]),
                )
                for one in told
                if "died_on" in one.facts
            ],
            actor=SYSTEM,
            now=now,
        )
        touched = sorted({lived.members[one.who] for one in told})
        entitlements.decide_again(member_ids=touched, actor=SYSTEM, now=now)


def _enrol(person: Relative, number: str, now: dt.datetime) -> int:
    (enrolled,) = people.enrol_many(
        people=[
            people.NewMember(
                name=person.name,
                birth_on=person.birth_on,
                sex=person.sex,
                id_number=number,
                source="register:household",
            )
        ],
        actor=SYSTEM,
        now=now,
    )
    if enrolled.refusal is not None:
        raise enrolled.refusal
    assert enrolled.member_id is not None
    return enrolled.member_id


def _facts(member_id: int, one: Happening) -> Iterable[people.NewFact]:
    for name, value in one.facts.items():
        yield people.NewFact(
            member_id=member_id,
            name=name,
            value=value,
            valid_from=one.on,
            valid_to=one.until,
            source="register",
            basis_kind="register_feed",
            basis_id=one.on.isoformat(),
        )


def _react(now: dt.datetime) -> None:
    """Run the job that follows the calendar."""
    with unit_of_work():
        _month_ahead(now)
    keeping_rights.look_again(now)


def _month_ahead(now: dt.datetime) -> None:
    """Do for the one table that this story writes what the nightly job does for all of them."""
    partitions.ensure_month("infra_journal", now.date())


def _deliver() -> None:
    """Carry what waits to registers, printer and card company, and back."""
    for topic in (*asking_registers.LETTERS, *issuing_cards.LETTERS):
        while outbox.drain_once(topic, now=clock.now()):
            pass


def _accept(family: Family, known: dict[str, str], lived: Lived, day: dt.date) -> bool:
    """Offer what somebody may newly have, and apply for it; tell whether anything was."""
    services = applications.form().services
    alive = {who: lived.members[who] for who in lived.members if _lives(family, who, day)}
    closed = applications.closed_services(form=applications.form(), now=clock.now())
    wanted = {
        row.entitlement: code for code, row in reversed(services.items()) if code not in closed
    }
    for who, code in _offered(alive, list(wanted), day):
        lived.offers.append(Offered(on=day, who=who, entitlement=code))
        with unit_of_work():
            _month_ahead(clock.now())
        _apply(family, known[who], lived, who, wanted[code], day)
        return True  # what was just granted may exclude or open another
    return False


def _lives(family: Family, who: str, day: dt.date) -> bool:
    return (family.end_of(who) or day) >= day


def _offered(
    members: dict[str, int], wanted: Sequence[str], day: dt.date
) -> Iterator[tuple[str, str]]:
    """Yield what members may have by law but have not, where no other right stands against it."""
    table = current_pack().table("entitlements")
    ids = list(members.values())
    rights = entitlements.machine_rights_of(member_ids=ids, on=day)
    judged = entitlements.eligibility(member_ids=ids, entitlements=wanted, on=day)
    for who, member_id in members.items():
        held = {right.entitlement for right in rights[member_id]}
        for code, decision in judged[member_id].items():
            rule = table[code]
            against = set(rule.get("excludes", ())) & held
            follows = rule.get("follows")
            open_ = decision.verdict is Verdict.YES or (
                decision.verdict is Verdict.UNKNOWN and decision.missing <= MAY_DECLARE
            )
            if rule["granted_by"] != "application" or code in held or against or not open_:
                continue
            if follows is None or follows in held:
                yield who, code


def _apply(family: Family, number: str, lived: Lived, who: str, service: str, day: dt.date) -> None:
    """Apply, let the registers answer and the agency decide, and fetch the card."""
    person = family.people[who]
    _on_record(family, who, number, lived.members[who], day)
    ref = _hand_in(person, number, lived.members[who], service, day)
    _deliver()
    agency = applications.form().services[service].agency
    queue = applications.queue(agency=agency, now=clock.now())
    (row,) = [each for each in queue if each.ref == ref]
    decision = applications.PartDecision(
        part_id=row.part_id, decision="approve", version=row.version
    )
    applying.decide(decision=decision, actor=_reviewer(agency), now=clock.now())
    if applications.form().services[service].own_card:
        _bring_own_card(lived, who, day)
    for job in issuing.jobs_of_applications(application_ids=[row.application_id]):
        _fetch(job, lived.members[who])
        lived.cards.append((who, job.card_kind, day))


def _bring_own_card(lived: Lived, who: str, day: dt.date) -> None:
    """Let a clerk bind a card that the holder bought in a shop."""
    media = current_pack().table("cards")["media"]
    medium = next(code for code, row in media.items() if row.get("holders_own"))
    rule = media[medium]["numbers"][media[medium]["shown"]]
    number = _blank_number(str(rule["example"]), 800_000 + len(lived.cards))
    issuing_cards.join_with_own_card(
        member_id=lived.members[who],
        medium=medium,
        numbers={media[medium]["shown"]: number},
        actor=_clerk(_counter()),
        now=clock.now(),
    )
    lived.cards.append((who, medium, day))


def _fetch(job: issuing.PrintJob, member_id: int) -> None:
    """Print and hand over; a card of its group that is still held is taken back first."""
    clerk = _clerk(job.counter)
    seen = issuing_cards.preview(print_id=job.print_id, actor=clerk, now=clock.now())
    issuing_cards.print_card(
        print_id=job.print_id, sha256=seen.sha256, actor=clerk, now=clock.now()
    )
    _deliver()
    group = cards.card_table().kinds[job.card_kind].one_of_group
    access = _own(member_id, "cards")
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


def _hand_in(person: Relative, number: str, member_id: int, service: str, day: dt.date) -> str:
    """Fill the form in as oneself, with every paper that it asks for; return the reference."""
    form, now, oneself = applications.form(), clock.now(), _oneself(member_id)
    answers = _answers(person, number, form, service)
    papers = [paper for paper, _ in form.papers_for((service,), answers, day)]
    if form.services[service].needs_photo:
        papers.append(applications.PHOTO)
    with unit_of_work():
        draft = applications.start_draft(
            services=[service], answers=answers, actor=oneself, now=now
        )
        for paper in papers:
            applications.add_document(
                public_id=draft.public_id,
                paper=paper,
                content=_portrait(0),
                actor=oneself,
                now=now,
            )
    submitted = applying.submit(public_id=draft.public_id, consent=True, actor=oneself, now=now)
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
        "pickup_counter": _counter(),
        "applied_by": "self",
    }
    for question in form.asked((service,), answers):
        if question.type == "choice" and question.field not in answers:
            answers[question.field] = next(iter(question.settings["choices"]))
    return answers


def _rights(lived: Lived) -> list[tuple[str, str, dt.date, dt.date | None]]:
    return [
        (who, right.entitlement, right.valid_from, right.valid_to)
        for who, member_id in lived.members.items()
        for right in entitlements.history(
            access=_own(member_id, entitlements.FIELD), member_id=member_id
        )
    ]


def _own(member_id: int, field: str) -> Access:
    """Open what is somebody's own, as they do on their phone."""
    return people.open_access(
        subject=member_id,
        fields=(field,),
        purpose="own",
        actor=_oneself(member_id),
        now=clock.now(),
    )


def _oneself(member_id: int) -> Actor:
    return Actor(
        id=f"account:{member_id}",
        kind="resident",
        roles=frozenset({"resident"}),
        level=3,
        member_id=member_id,
    )


def _deliver_blanks(counter: str, now: dt.datetime) -> None:
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


def _counter() -> str:
    """Return a counter of the city that prints."""
    counters = current_pack().table("counters")["counters"]
    return next(code for code, row in counters.items() if row["prints"])
