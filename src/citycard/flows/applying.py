"""An application from the filled form to the decision: one story over five contexts.

Each function here is one step; it opens its own unit of work. A resident or clerk submits, the
registers are asked (``asking_registers``), each agency decides its part, and an approval becomes a
fact from which the right follows by rule. A card is printed and handed over in ``issuing_cards``.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from citycard.applications import api as applications
from citycard.flows import asking_registers
from citycard.flows.reviewing import (
    REVIEW,
    REVIEW_FIELDS,
    NotKnownYet,
    Review,
    RuleSaysNo,
    ask_supplement,
    decide,
    decide_many,
    make_cards,
    review,
)
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import Actor
from citycard.people import api as people

__all__ = [
    "REVIEW",
    "REVIEW_FIELDS",
    "NotKnownYet",
    "Review",
    "RuleSaysNo",
    "ask_supplement",
    "bring_in_many",
    "decide",
    "decide_many",
    "resubmit",
    "review",
    "submit",
    "withdraw",
]


def submit(
    *, public_id: str, consent: bool, actor: Actor, now: dt.datetime
) -> applications.Submitted:
    """Submit a draft: the person is enrolled, the registers are asked on the consent just given.

    :param consent: the applicant agreed to the text of the form's purpose
    :raises ConsentNeeded: they did not
    :raises Incomplete: with everything that is missing
    :raises LevelTooLow, AlreadyApplied, NotYourNumber: as they say
    """
    if not consent:
        raise applications.ConsentNeeded()
    with unit_of_work():
        answers = applications.check_before_submitting(public_id=public_id, actor=actor, now=now)
        (enrolled,) = people.enrol_many(people=[_person(answers)], actor=actor, now=now)
        if enrolled.refusal is not None:
            raise enrolled.refusal
        assert enrolled.member_id is not None
        submitted = applications.submit(
            public_id=public_id, member_id=enrolled.member_id, actor=actor, now=now
        )
        _begin([(submitted, enrolled.member_id)], actor, now)
    return submitted


def bring_in_many(
    *, new: Sequence[applications.NewApplication], actor: Actor, now: dt.datetime
) -> list[applications.Brought]:
    """Submit whole applications as a batch, each checked like a form's; one result a row.

    The consent of each person must be on the sheet that the batch was made from.
    """
    # files are read before the unit of work begins
    checked = applications.check_many(applications=new, now=now)
    with unit_of_work():
        good = [row for row in checked if row.refusal is None]
        enrolled = iter(
            people.enrol_many(people=[_person(row.answers) for row in good], actor=actor, now=now)
        )
        people_of = [next(enrolled) if row.refusal is None else None for row in checked]
        members = [each.member_id if each else None for each in people_of]
        brought = applications.import_many(
            checked=checked, member_ids=members, actor=actor, now=now
        )
        begun = [
            (each.submitted, member)
            for each, member in zip(brought, members, strict=True)
            if each.submitted is not None and member is not None
        ]
        _begin(begun, actor, now)
    return [
        applications.Brought(submitted=None, refusal=who.refusal) if who and who.refusal else each
        for each, who in zip(brought, people_of, strict=True)
    ]


def resubmit(*, part_id: int, actor: Actor, now: dt.datetime, answer: str = "") -> None:
    """Hand in what was asked for, with words to the reviewer; the part goes back to the same."""
    with unit_of_work():
        applications.resubmit(part_id=part_id, answer=answer, actor=actor, now=now)


def withdraw(
    *, public_id: str, actor: Actor, now: dt.datetime, part_ids: Sequence[int] | None = None
) -> list[int]:
    """Withdraw what is not decided yet of one's own application; returns the parts."""
    with unit_of_work():
        going = applications.withdraw(public_id=public_id, part_ids=part_ids, actor=actor, now=now)
        # with a rival kind gone, an approved part's card may now be made
        whose = applications.find(ref=public_id)
        make_cards([whose.application_id], actor, now)
    return going


def _begin(
    begun: Sequence[tuple[applications.Submitted, int]], actor: Actor, now: dt.datetime
) -> None:
    """Keep what the applicant declares, and open the questions to the registers."""
    declared = [
        people.NewFact(
            member_id=member_id,
            name="resides_in_city",
            value=True,
            valid_from=_today(now),
            source="declaration",
            basis_kind="application",
            basis_id=str(submitted.application_id),
        )
        for submitted, member_id in begun
        if submitted.answers.get("resides_in_city") is True
    ]
    people.record_facts(facts=declared, actor=actor, now=now)
    asking_registers.ask(begun, actor=actor, now=now)


def _person(answers: Mapping[str, Any]) -> people.NewMember:
    number = str(answers["id_number"])
    return people.NewMember(
        name=str(answers["name"]),
        birth_on=dt.date.fromisoformat(str(answers["birth_on"])),
        sex=str(answers["sex"]),
        id_number=number,
        passport=applications.is_passport(text=number),
        district=str(answers.get("district") or ""),
        phone=str(answers.get("phone") or ""),
        email=str(answers.get("email") or ""),
        address=str(answers.get("address") or ""),
        source="application",
    )


def _today(now: dt.datetime) -> dt.date:
    return current_pack().time.day(now)
