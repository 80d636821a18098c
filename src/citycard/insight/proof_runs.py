"""Runs of the house's auditor: asked for on a page, done by the worker, kept for whoever looks."""

import dataclasses
import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass

from citycard.infra import outbox
from citycard.infra.database import execute, row, scalar
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.findings import Finding

PROOF_TOPIC = "insight.proof"


@dataclass(frozen=True, kw_only=True)
class ProofRun:
    """One run.

    :ivar ended_at: None while it is waiting or under way
    :ivar asked_contexts: the contexts that were asked to prove themselves
    """

    id: int
    asked_at: dt.datetime
    ended_at: dt.datetime | None
    findings: tuple[Finding, ...]
    asked_contexts: tuple[str, ...]


def ask_for_proof(*, actor: Actor, now: dt.datetime) -> int:
    """Ask for a run; while one waits, that one is the answer. Return its id."""
    require_unit_of_work()
    execute("SELECT pg_advisory_xact_lock(hashtext('insight_proof_run'))")
    open_run = scalar("SELECT max(id) FROM insight_proof_run WHERE ended_at IS NULL")
    if open_run is not None:
        return int(open_run)
    run_id = scalar(
        "INSERT INTO insight_proof_run (asked_by, asked_at) VALUES (%s, %s) RETURNING id",
        [actor.id, now],
    )
    outbox.enqueue(topic=PROOF_TOPIC, letters=[(f"run:{run_id}", run_id)], now=now)
    return int(run_id)


def record_proof(
    *, run_id: int, findings: Sequence[Finding], contexts: Sequence[str], now: dt.datetime
) -> None:
    """Keep what a run found."""
    require_unit_of_work()
    execute(
        "UPDATE insight_proof_run SET ended_at = %s, findings = %s::jsonb, asked_contexts = %s"
        " WHERE id = %s",
        [now, json.dumps([dataclasses.asdict(it) for it in findings]), list(contexts), run_id],
    )


def latest_proof() -> ProofRun | None:
    """Return the newest run, or None."""
    found = row(
        "SELECT id, asked_at, ended_at, findings::text AS findings, asked_contexts"
        " FROM insight_proof_run ORDER BY id DESC LIMIT 1"
    )
    if found is None:
        return None
    return ProofRun(
        id=found.id,
        asked_at=found.asked_at,
        ended_at=found.ended_at,
        findings=tuple(Finding(**it) for it in json.loads(found.findings)),
        asked_contexts=tuple(found.asked_contexts),
    )
