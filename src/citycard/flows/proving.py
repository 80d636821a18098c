"""The house's auditor: every context is asked to prove itself, on demand, by the worker."""

import datetime as dt
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from citycard.activities import api as activities
from citycard.agencies import api as agencies
from citycard.applications import api as applications
from citycard.attendance import api as attendance
from citycard.cards import api as cards
from citycard.disputes import api as disputes
from citycard.entitlements import api as entitlements
from citycard.fares import api as fares
from citycard.identity import api as identity
from citycard.infra import papers
from citycard.infra.outbox import Letter, Outcome, Topic
from citycard.infra.unit_of_work import unit_of_work
from citycard.insight import api as insight
from citycard.issuing import api as issuing
from citycard.kernel.findings import Finding
from citycard.ledger import api as ledger
from citycard.notify import api as notify
from citycard.people import api as people
from citycard.redemptions import api as redemptions
from citycard.taps import api as taps

PROOFS: dict[str, Callable[..., list[Finding]]] = {
    "ledger": ledger.verify,
    "people": people.verify,
    "agencies": agencies.verify,
    "entitlements": entitlements.verify,
    "cards": cards.verify,
    "identity": identity.verify,
    "issuing": issuing.verify,
    "taps": taps.verify,
    "applications": applications.verify,
    "activities": activities.verify,
    "attendance": attendance.verify,
    "disputes": disputes.verify,
    "fares": fares.verify,
    "redemptions": redemptions.verify,
    "notify": notify.verify,
    "insight": insight.verify,
    "papers": papers.verify,
}


def prove(*, now: dt.datetime) -> list[Finding]:
    """Ask every context; return all that does not add up."""
    return [finding for verify in PROOFS.values() for finding in _asked(verify, now)]


def run_proofs(letters: Sequence[Letter], now: dt.datetime) -> list[Outcome]:
    """Do the runs that were asked for; one look answers them all."""
    findings = prove(now=now)
    with unit_of_work():
        for letter in letters:
            insight.record_proof(
                run_id=letter.ref, findings=findings, contexts=list(PROOFS), now=now
            )
    return [Outcome(id=letter.id, result="done") for letter in letters]


LETTER = Topic(name=insight.PROOF_TOPIC, deliver=run_proofs, batch=10)


def _asked(verify: Callable[..., list[Finding]], now: dt.datetime) -> list[Finding]:
    about: dict[str, Any] = {"now": now} if "now" in inspect.signature(verify).parameters else {}
    return verify(**about)
