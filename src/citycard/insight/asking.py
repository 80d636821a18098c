"""The one question after a use: how was it, from 1 to 5?

It is asked about a use of the last days, once a use at most, and nobody is asked about the same
service again before the pack's days are over (``kpis.yaml``: satisfaction). The answer is kept
under the service's pseudonym and joins no other service's. Services that the pack calls sensitive
are never asked about.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from citycard.infra.clock import city_time
from citycard.infra.crypto import keyed_hmac
from citycard.infra.database import execute, rows
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.insight.gathering import SCORES
from citycard.insight.pseudonyms import pseudonyms
from citycard.kernel.errors import Refused


class NotAsked(Refused):
    """This use isn't asked about: it was answered before, was too long ago, or a question about the
    same service was asked lately."""

    code = "insight.not_asked"
    http_status = 409


class NoSuchScore(Refused):
    """An answer is a number from 1 to 5."""

    code = "insight.no_such_score"
    http_status = 422


@dataclass(frozen=True, kw_only=True)
class Use:
    """A use that somebody may be asked about.

    :ivar tap: reader, epoch and sequence, joined by hyphens
    :ivar agency: where it was
    """

    tap: str
    service: str
    agency: str
    at: dt.datetime


def to_ask(*, member_id: int, uses: Sequence[Use], now: dt.datetime) -> Use | None:
    """Return the newest of a person's accepted uses that may be asked about now; None where none
    may."""
    newest = sorted(uses, key=lambda use: (use.at, use.tap), reverse=True)
    return next((use for use in newest if _may_ask(member_id, use, now)), None)


def answer(*, member_id: int, use: Use, score: int | None, now: dt.datetime) -> None:
    """Keep a person's answer about one of their uses, or that they didn't want to say.

    :param score: 1 to 5; None: asked and not answered
    :raises NoSuchScore: it is another number
    :raises NotAsked: this use isn't asked about (any more)
    """
    require_unit_of_work()
    if score is not None and score not in SCORES:
        raise NoSuchScore()
    who = _who(use.service, member_id)
    # two windows of one person wait for each other, so that one question has one answer
    execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{use.service} {who.hex()}"])
    if not _may_ask(member_id, use, now):
        raise NotAsked()
    execute(
        """
        INSERT INTO insight_answer (use, service, agency, month, pseudonym, answered_on, score)
        VALUES (%s, %s, %s, %s, %s, %s, %s)
        """,
        [
            _hidden(use),
            use.service,
            use.agency,
            city_time().month(use.at),
            who,
            city_time().day(now),
            score,
        ],
    )


def _may_ask(member_id: int, use: Use, now: dt.datetime) -> bool:
    about = current_pack().table("kpis")["measures"]["satisfaction"]
    service = current_pack().table("services")["services"].get(use.service)
    too_old = now - use.at > dt.timedelta(days=about["within_days"])
    if service is None or service.get("sensitive") or too_old:
        return False
    asked = rows(
        """
        SELECT FROM insight_answer
        WHERE use = %(use)s OR (service = %(service)s AND pseudonym = %(who)s
                                AND answered_on > %(day)s::date - %(days)s::integer)
        LIMIT 1
        """,
        {
            "use": _hidden(use),
            "service": use.service,
            "who": _who(use.service, member_id),
            "day": city_time().day(now),
            "days": about["every_days"],
        },
    )
    return not asked


def _who(service: str, member_id: int) -> bytes:
    return bytes(pseudonyms(service, np.array([member_id], dtype=np.int64)).tobytes())


def _hidden(use: Use) -> bytes:
    return keyed_hmac("insight.answer", use.service, use.tap)
