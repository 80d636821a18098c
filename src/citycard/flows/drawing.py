"""A draw from its commitment to its proof: what one needs to recompute it is kept and signed."""

import dataclasses
import datetime as dt
import json
from typing import Any

from citycard.activities import api as activities
from citycard.infra import papers
from citycard.infra.database import allow_seconds
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import Actor

ENTRIES = "activities.draw.entries"
"""The kind of paper with the list of entries, kept when it is committed to."""

PROOF = "activities.draw.proof"
"""The kind of paper with the seed and the winners, kept when the draw is held."""

A_MILLION_S = 300
"""How long a step may take: a million entries are one statement."""

LIST_NAME = "entries.csv"
PROOF_NAME = "proof.json"


def commit(*, draw_id: int, actor: Actor, now: dt.datetime) -> activities.Draw:
    """Count and fix the entries, and keep their list under the city's signature.

    :raises Refused: as ``activities.commit_draw``
    """
    with unit_of_work():
        allow_seconds(A_MILLION_S)
        draw = activities.commit_draw(draw_id=draw_id, actor=actor, now=now)
        content = activities.draw_list(draw_id=draw_id).encode()
        file = papers.PaperFile(name=LIST_NAME, media_type=papers.CSV, content=content)
        papers.keep(kind=ENTRIES, about=str(draw_id), files=[file], now=now)
    return draw


def hold(*, draw_id: int, seed: str, actor: Actor, now: dt.datetime) -> activities.Draw:
    """Find the winners by the public number, and keep the proof under the city's signature.

    :raises Refused: as ``activities.hold_draw``
    """
    with unit_of_work():
        allow_seconds(A_MILLION_S)
        draw = activities.hold_draw(draw_id=draw_id, seed=seed, actor=actor, now=now)
        content = json.dumps(proof_of(draw), ensure_ascii=False, indent=1).encode() + b"\n"
        file = papers.PaperFile(name=PROOF_NAME, media_type="application/json", content=content)
        papers.keep(kind=PROOF, about=str(draw_id), files=[file], now=now)
    return draw


def proof_of(draw: activities.Draw) -> dict[str, Any]:
    """Return a held draw as its proof tells it: terms, commitment, seed and winners."""
    assert draw.committed_at is not None
    assert draw.drawn_at is not None
    return {
        "draw": draw.id,
        "names": _both(draw.names),
        "campaign": activities.campaign(campaign_id=draw.campaign_id).code,
        "rule": {"counts": draw.counts, "each": draw.each, "most": draw.most},
        "prizes": [_both(prize.names) | {"count": prize.count} for prize in draw.prizes],
        "winners_wanted": sum(prize.count for prize in draw.prizes),
        "seed_source": draw.seed_source,
        "entries_hash": draw.entries_hash,
        "people": draw.people,
        "entries": draw.entries,
        "committed_at": draw.committed_at.isoformat(),
        "seed": draw.seed,
        "drawn_at": draw.drawn_at.isoformat(),
        "winners": [dataclasses.asdict(it) for it in activities.winners(draw_id=draw.id)],
    }


def _both(names: Any) -> dict[str, Any]:
    return {"zh-Hant": names.zh, "en": names.en}
