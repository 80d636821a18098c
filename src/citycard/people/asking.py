"""Questions to registers: opened with a ground, asked outside any transaction, closed with the
answer.
"""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from citycard.infra.crypto import seal
from citycard.infra.database import rows
from citycard.infra.journal import announce
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.access import Access
from citycard.kernel.actors import SYSTEM, Actor
from citycard.kernel.errors import Refused
from citycard.people import sealed
from citycard.people.events import RegisterAnswered, in_parts
from citycard.people.opening import open_access
from citycard.people.ports import RegisterAnswer, RegisterQuestion


class NoGround(Refused):
    """The register {register} is asked only on a ground in force; none is for {purpose}."""

    code = "people.no_ground"


@dataclass(frozen=True, kw_only=True)
class RegisterAsk:
    """A question to open.

    :ivar register: ``household`` or a register's code of the pack; a status is asked as
        ``<register>.<status>``
    :ivar ground_id: the consent or law it stands on; for this member and this purpose
    """

    member_id: int
    register: str
    purpose: str
    ground_id: int


@dataclass(frozen=True, kw_only=True)
class RegisterResult:
    """A question and what became of it.

    :ivar answer: ``waiting``, ``yes``, ``no``, ``unknown`` or ``stopped``
    """

    query_id: int
    member_id: int
    register: str
    purpose: str
    answer: str
    asked_at: dt.datetime
    answered_at: dt.datetime | None
    detail: dict[str, Any]


_ASKED_WITH = ("id_number", "name", "birth_on")

_OPEN = """
INSERT INTO people_register_query
    (member_id, register, purpose, ground_id, actor_id, asked_at, answer)
SELECT a.member_id, a.register, a.purpose, a.ground_id, %s, %s, 'waiting'
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[]) WITH ORDINALITY
  AS a(member_id, register, purpose, ground_id, n)
ORDER BY a.n
RETURNING id
"""


def open_register_queries(
    *, asks: Sequence[RegisterAsk], actor: Actor, now: dt.datetime
) -> list[int]:
    """Open questions and return their ids, in order; the job that asks reads them by ``questions``.

    No query without a stored ground that names the purpose: Personal Data Protection Act,
    article 15.

    :raises NoGround: a ground is another member's, for another purpose, or withdrawn; none is
        opened
    """
    require_unit_of_work()
    grounds = _hold_grounds([ask.ground_id for ask in asks])
    for ask in asks:
        if grounds.get(ask.ground_id) != (ask.member_id, ask.purpose):
            raise NoGround(register=ask.register, purpose=ask.purpose)
    opened = rows(
        _OPEN,
        [
            actor.id,
            now,
            [ask.member_id for ask in asks],
            [ask.register for ask in asks],
            [ask.purpose for ask in asks],
            [ask.ground_id for ask in asks],
        ],
    )
    return [one.id for one in opened]


def _hold_grounds(ground_ids: Sequence[int]) -> dict[int, tuple[int, str]]:
    """Return whose and for what the grounds in force are; none is withdrawn meanwhile."""
    found = rows(
        "SELECT id, member_id, purpose, withdrawn_at FROM people_ground"
        " WHERE id = ANY(%s::bigint[]) ORDER BY id FOR SHARE",
        [sorted(set(ground_ids))],
    )
    return {one.id: (one.member_id, one.purpose) for one in found if one.withdrawn_at is None}


_QUESTIONS = """
SELECT q.id AS query_id, q.member_id, q.register, q.purpose, g.kind, g.text_version, m.name,
m.birth_on,
    n.id AS number_id, n.sealed
FROM unnest(%s::bigint[]) WITH ORDINALITY AS w(id, n)
JOIN people_register_query q ON q.id = w.id AND q.answer = 'waiting'
JOIN people_ground g ON g.id = q.ground_id AND g.withdrawn_at IS NULL
JOIN people_member m ON m.id = q.member_id
JOIN people_member_number n ON n.member_id = m.id AND n.replaced_at IS NULL
ORDER BY w.n
"""


def questions(
    *, query_ids: Sequence[int], now: dt.datetime, actor: Actor = SYSTEM
) -> list[RegisterQuestion]:
    """Return what to ask of those questions that still wait and whose ground is in force.

    For the job that calls the port, right before it does: opens its own access for the purpose
    ``register-check`` and names everybody asked about in one record.

    :raises PurposeNotAllowed: the actor is not one who asks registers
    """
    members = sorted({one.member_id for one in rows(_MEMBERS_ASKED, [list(query_ids)])})
    if not members:
        return []
    access = open_access(
        subject=members, fields=_ASKED_WITH, purpose="register-check", actor=actor, now=now
    )
    found = rows(_QUESTIONS, [list(query_ids)])
    access.require(*_ASKED_WITH, members=[one.member_id for one in found])
    return [
        RegisterQuestion(
            query_id=one.query_id,
            id_number=sealed.unseal_or_empty(sealed.NUMBER, one.sealed, row=one.number_id),
            name=one.name,
            birth_on=one.birth_on,
            purpose=one.purpose,
            ground=f"{one.kind}:{one.text_version}",
        )
        for one in found
    ]


_MEMBERS_ASKED = """
SELECT q.member_id FROM people_register_query q JOIN people_ground g ON g.id = q.ground_id
WHERE q.id = ANY(%s::bigint[]) AND q.answer = 'waiting' AND g.withdrawn_at IS NULL
"""


_CLOSE = """
UPDATE people_register_query q SET answer = a.answer, answered_at = %s, detail_sealed = a.detail
FROM unnest(%s::bigint[], %s::text[], %s::bytea[]) AS a(id, answer, detail)
WHERE q.id = a.id AND q.answer = 'waiting' RETURNING q.id
"""


def close_register_queries(
    *, answers: Sequence[RegisterAnswer], actor: Actor, now: dt.datetime
) -> list[int]:
    """Store what registers answered; returns the ids that were waiting, answered twice is once.

    The detail is sealed. Announces ``people.register.answered``.
    """
    require_unit_of_work()
    known = {answer.query_id: answer for answer in answers}
    details = [
        seal(sealed.ANSWER, json.dumps(answer.detail, ensure_ascii=False), row=answer.query_id)
        for answer in known.values()
    ]
    closed = rows(_CLOSE, [now, list(known), [answer.answer for answer in known.values()], details])
    query_ids = sorted(one.id for one in closed)
    announce(*(RegisterAnswered(query_ids=ids) for ids in in_parts(query_ids)))
    return query_ids


_RESULTS = """
SELECT id, member_id, register, purpose, answer, asked_at, answered_at, detail_sealed
FROM people_register_query WHERE id = ANY(%s::bigint[]) ORDER BY asked_at, id
"""


def register_results(*, access: Access, query_ids: Sequence[int]) -> list[RegisterResult]:
    """Return questions with their answers. Needs the field ``checks``."""
    access.require("checks")
    found = rows(_RESULTS, [list(query_ids)])
    access.require(members=[one.member_id for one in found])
    return [_result(one) for one in found]


def answers_for_machines(*, query_ids: Sequence[int]) -> list[RegisterResult]:
    """Return questions with their answers for the flow that records them as facts; never for a
    page.
    """
    return [_result(one) for one in rows(_RESULTS, [list(query_ids)])]


def _result(one: Any) -> RegisterResult:
    text = sealed.unseal_or_empty(sealed.ANSWER, one.detail_sealed, row=one.id)
    values = {**one._asdict(), "query_id": one.id, "detail": json.loads(text or "{}")}
    return RegisterResult(**{name: values[name] for name in RegisterResult.__dataclass_fields__})
