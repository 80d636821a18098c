"""Ask the registers what an application needs to know, and go on with what they say.

A question is opened with the consent it stands on and put in the outbox in the same unit of work;
the letters of each register are delivered by a thread of their own. A register that is down or
hangs holds up only the applications that ask it: they wait visibly, and go on by themselves.
"""

import datetime as dt
import functools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from citycard.applications import api as applications
from citycard.entitlements import api as entitlements
from citycard.infra import outbox
from citycard.infra.outbox import Letter, Outcome, Topic
from citycard.infra.packs import current_pack
from citycard.infra.ports import PortUnavailable, use
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM, Actor
from citycard.people import api as people
from citycard.people.ports import HouseholdRegister, StatusRegister

HOUSEHOLD = "household"
HOUSEHOLD_LETTERS, STATUS_LETTERS = "register.household", "register.status"


def topic_of(register: str) -> str:
    """Return the outbox topic of a question: the household register, or those of statuses."""
    return HOUSEHOLD_LETTERS if register == HOUSEHOLD else STATUS_LETTERS


def ask(
    begun: Sequence[tuple[applications.Submitted, int]], *, actor: Actor, now: dt.datetime
) -> None:
    """Open the questions of submitted applications (with their members) inside a unit of work."""
    asks: list[people.RegisterAsk] = []
    owners: list[int] = []
    for submitted, member_id in begun:
        ground_id = _ground(submitted.purpose, member_id, actor, now)
        for register in submitted.registers:
            asks.append(
                people.RegisterAsk(
                    member_id=member_id,
                    register=register,
                    purpose=submitted.purpose,
                    ground_id=ground_id,
                )
            )
            owners.append(submitted.application_id)
    query_ids = people.open_register_queries(asks=asks, actor=actor, now=now) if asks else []
    checks = [
        (owner, one.register, query_id)
        for owner, one, query_id in zip(owners, asks, query_ids, strict=True)
    ]
    applications.expect_answers(checks=checks, now=now)
    _post(checks, now)
    unasked = {submitted.application_id for submitted, _ in begun} - set(owners)
    applications.dispatch(application_ids=sorted(unasked), now=now)


def _ground(purpose: str, member_id: int, actor: Actor, now: dt.datetime) -> int:
    ground = current_pack().table("purposes")["purposes"][purpose]["ground"]
    return people.give_ground(
        member_id=member_id,
        purpose=purpose,
        kind=ground["kind"],
        text_version=str(ground.get("version", "1")),
        actor=actor,
        now=now,
    )


def _post(checks: Iterable[tuple[int, str, int]], now: dt.datetime) -> None:
    letters: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for _, register, query_id in checks:
        letters[topic_of(register)].append((str(query_id), query_id))
    for topic, some in letters.items():
        outbox.enqueue(topic=topic, letters=some, now=now)


def deliver(
    port: type[HouseholdRegister | StatusRegister], letters: Sequence[Letter], now: dt.datetime
) -> list[Outcome]:
    """Ask a register; when it doesn't answer, show who waits and leave the letters for later.

    It is asked how it is first: while it is down nobody's data is opened for it, and no resident
    finds a hundred entries of one question among the records of who read their data.
    """
    query_ids = [letter.ref for letter in letters]
    try:
        use(port).check()
        questions = people.questions(query_ids=query_ids, now=now)
        answers = _look_up(questions)
    except PortUnavailable:
        with unit_of_work():
            applications.mark_waiting(query_ids=query_ids, now=now)
        raise
    with unit_of_work():
        absorb(answers, now=now)
    open_ids = {question.query_id for question in questions}
    answered = {answer.query_id for answer in answers}
    return [
        Outcome(id=letter.id, result="done")
        if letter.ref in answered or letter.ref not in open_ids
        else Outcome(id=letter.id, result="retry", why="no answer to this question")
        for letter in letters
    ]


def _look_up(questions: Sequence[people.RegisterQuestion]) -> list[people.RegisterAnswer]:
    """Ask the register that each question is for; one letter's topic never mixes the two ports."""
    registers = {
        one.query_id: one.register
        for one in people.answers_for_machines(query_ids=[each.query_id for each in questions])
    }
    by_status: dict[str, list[people.RegisterQuestion]] = defaultdict(list)
    for question in questions:
        by_status[registers[question.query_id].partition(".")[2]].append(question)
    answers: list[people.RegisterAnswer] = []
    for status, some in by_status.items():
        if status:
            answers += use(StatusRegister).look_up(status, some)
        else:
            answers += use(HouseholdRegister).look_up(some)
    return answers


def absorb(answers: Sequence[people.RegisterAnswer], *, now: dt.datetime) -> list[int]:
    """Take over what registers say, as facts, and dispatch applications that now know everything.

    Inside a unit of work. An answer that came before changes nothing. Returns the applications.
    """
    fresh = people.close_register_queries(answers=answers, actor=SYSTEM, now=now)
    results = people.answers_for_machines(query_ids=fresh)
    household = [one for one in results if one.register == HOUSEHOLD and one.answer == "yes"]
    people.update_from_register(
        updates=[_update(one, now) for one in household], actor=SYSTEM, now=now
    )
    facts = [fact for one in household for fact in _facts_beside(one, now)]
    facts += [fact for one in results if one.register != HOUSEHOLD for fact in _status(one, now)]
    people.record_facts(facts=facts, actor=SYSTEM, now=now)
    dead = sorted({one.member_id for one in household if one.detail.get("died_on")})
    if dead:
        entitlements.decide_again(member_ids=dead, actor=SYSTEM, now=now)
    ready = applications.record_answers(
        answers=[(one.query_id, one.answer) for one in results], now=now
    )
    return applications.dispatch(application_ids=ready, now=now)


def stop(query_ids: Sequence[int], *, now: dt.datetime) -> list[int]:
    """Go on without questions whose consent was withdrawn: a person decides, from papers."""
    ready = applications.record_answers(
        answers=[(query_id, "stopped") for query_id in query_ids], now=now
    )
    return applications.dispatch(application_ids=ready, now=now)


def _update(one: people.RegisterResult, now: dt.datetime) -> people.RegisterUpdate:
    detail = one.detail
    died_on = detail.get("died_on")
    return people.RegisterUpdate(
        member_id=one.member_id,
        on=_day(detail.get("registered_since")) or current_pack().time.day(now),
        source="register:household",
        basis_id=str(one.query_id),
        district=detail.get("district"),
        village=detail.get("village"),
        died_on=_day(died_on),
        registered_city=detail.get("registered_city"),
        registered_district=detail.get("registered_district"),
    )


def _facts_beside(one: people.RegisterResult, now: dt.datetime) -> list[people.NewFact]:
    """Return the statuses and relations that the household register tells along with the person."""
    return [
        _fact(one, f"{kind}.{code}", held, now)
        for group, kind in (("statuses", "status"), ("relations", "relation"))
        for code, held in (one.detail.get(group) or {}).items()
    ]


def _status(one: people.RegisterResult, now: dt.datetime) -> list[people.NewFact]:
    if one.answer not in ("yes", "no"):
        return []
    status = one.register.partition(".")[2]
    held: Any = {**one.detail, "held": True} if one.answer == "yes" else False
    return [_fact(one, f"status.{status}", held, now)]


def _fact(one: people.RegisterResult, name: str, held: Any, now: dt.datetime) -> people.NewFact:
    today = current_pack().time.day(now)
    says: Mapping[str, Any] = held if isinstance(held, Mapping) else {}
    holds = bool(says.get("held", True)) if says else bool(held)
    return people.NewFact(
        member_id=one.member_id,
        name=name,
        value={"grade": str(says["grade"])} if holds and says.get("grade") else holds,
        valid_from=_day(says.get("valid_from")) or today,
        valid_to=_day(says.get("valid_to")),
        source=f"register:{one.register.partition('.')[0]}",
        basis_kind="register_query",
        basis_id=str(one.query_id),
    )


def _day(text: Any) -> dt.date | None:
    if isinstance(text, dt.date) or text is None:
        return text
    return dt.date.fromisoformat(str(text))


LETTERS = [
    Topic(
        name=HOUSEHOLD_LETTERS,
        deliver=functools.partial(deliver, HouseholdRegister),
        most_attempts=None,
    ),
    Topic(
        name=STATUS_LETTERS,
        deliver=functools.partial(deliver, StatusRegister),
        most_attempts=None,
    ),
]
"""One kind of letter for each port: a register that hangs delays no other."""
