"""A family's life, lived through the city's own faces with a clock that moves.

Only days on which something may change are visited: what registers tell, birthdays, and the days on
which a fact ends. On each, the registers' news come in, reactions and due jobs run, whoever may
newly have something gets a message, and the family accepts: a form, registers, an agency, a card.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from citycard.applications import api as applications
from citycard.entitlements import api as entitlements
from citycard.flows import keeping_rights, offering_rights
from citycard.infra import clock, partitions
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.periods import birthday
from citycard.kernel.taiwan.national_id import with_check_digit
from citycard.notify import api as notify
from citycard.people import api as people
from citycard.rules.api import Verdict
from citycard.simulation.applying import _settle
from citycard.simulation.family import Family, Happening, Relative
from citycard.simulation.family_applying import (
    apply_for,
    counter_that_prints,
    deliver_blanks,
    oneself,
    own_access,
)

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
    :ivar untold: what somebody could have had and was sent no message of
    """

    members: dict[str, int] = field(default_factory=dict)
    rights: list[tuple[str, str, dt.date, dt.date | None]] = field(default_factory=list)
    offers: list[Offered] = field(default_factory=list)
    untold: list[Offered] = field(default_factory=list)
    cards: list[tuple[str, str, dt.date]] = field(default_factory=list)
    days: int = 0


def live(*, family: Family, until: dt.date) -> Lived:
    """Live a family's life up to a day; nobody does anything by hand but apply for what is offered.

    The city's pack is active.
    """
    lived = Lived()
    first = days_of_change(family, until)[0]
    deliver_blanks(counter_that_prints(), clock.city_time().midnight(first))
    known = {key: with_check_digit(one.id_number) for key, one in family.people.items()}
    for day in days_of_change(family, until):
        now = clock.city_time().midnight(day) + dt.timedelta(hours=9)
        with clock.stopped_at(now):
            told = [one for one in family.happenings if one.on == day]
            if told:
                _news(family, told, known, lived)
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
    """Bring in what registers tell on a day; who is new becomes a member, and agrees to be told
    what they may apply for."""
    now = clock.now()
    with unit_of_work():
        _month_ahead(now)
        for who in dict.fromkeys(one.who for one in told if one.who not in lived.members):
            member_id = lived.members[who] = _enrol(family.people[who], known[who], now)
            offering_rights.agree(member_id=member_id, actor=oneself(member_id), now=now)
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
    """Run the jobs that follow the calendar."""
    with unit_of_work():
        _month_ahead(now)
    keeping_rights.look_again(now)
    offering_rights.offer_all(now)


def _month_ahead(now: dt.datetime) -> None:
    """Do for the one table that this story writes what the nightly job does for all of them."""
    partitions.ensure_month("infra_journal", now.date())


def _accept(family: Family, known: dict[str, str], lived: Lived, day: dt.date) -> bool:
    """Apply for what somebody was told that they may newly have; tell whether anything was."""
    services = applications.form().services
    alive = {who: lived.members[who] for who in lived.members if _lives(family, who, day)}
    closed = applications.closed_services(form=applications.form(), now=clock.now())
    wanted = {
        row.entitlement: code
        for code, row in reversed(list(services.items()))
        if code not in closed
    }
    told = {who: _told(member_id) for who, member_id in alive.items()}
    for who, code, declares in _possible(alive, list(wanted), day):
        offer = Offered(on=day, who=who, entitlement=code)
        if code not in told[who] and not declares:
            lived.untold.append(offer)
            continue
        lived.offers.append(offer)
        with unit_of_work():
            _month_ahead(clock.now())
        made = apply_for(
            family=family,
            who=who,
            number=known[who],
            member_id=lived.members[who],
            service=wanted[code],
            day=day,
        )
        lived.cards += [(who, kind, day) for kind in made]
        return True  # what was just granted may exclude or open another
    return False


def _lives(family: Family, who: str, day: dt.date) -> bool:
    return (family.end_of(who) or day) >= day


def _told(member_id: int) -> set[str]:
    """Return the rights that somebody was sent a message of, by their code."""
    table = current_pack().table("entitlements")
    named = {row["name"]["zh-Hant"]: code for code, row in table.items()}
    messages = notify.inbox(
        access=own_access(member_id, "messages"), member_id=member_id, language="en", limit=1000
    )
    offered = [one.params["right"] for one in messages if one.code == offering_rights.MESSAGE]
    return {named[name["zh-Hant"]] for name in offered if isinstance(name, dict)}


def _possible(
    members: dict[str, int], wanted: Sequence[str], day: dt.date
) -> Iterator[tuple[str, str, bool]]:
    """Yield what members may have by law but have not, where no other right stands against it, and
    whether it takes a declaration of theirs, so that the city could not know."""
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
            declares = decision.verdict is Verdict.UNKNOWN and decision.missing <= MAY_DECLARE
            open_ = decision.verdict is Verdict.YES or declares
            if rule["granted_by"] != "application" or code in held or against or not open_:
                continue
            if follows is None or follows in held:
                yield who, code, declares


def _rights(lived: Lived) -> list[tuple[str, str, dt.date, dt.date | None]]:
    return [
        (who, right.entitlement, right.valid_from, right.valid_to)
        for who, member_id in lived.members.items()
        for right in entitlements.history(
            access=own_access(member_id, entitlements.FIELD), member_id=member_id
        )
    ]
