"""An agency asks the resident for something more; the resident hands it in."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

from django.utils.translation import get_language

from citycard.applications import states
from citycard.applications.deciding import due_after_supplement
from citycard.applications.documents import documents_of
from citycard.applications.events import PartResubmitted, PartSupplementAsked
from citycard.applications.forms import paper_name
from citycard.applications.inspecting import UnknownPaper
from citycard.applications.reviewing import NotInReview, locked, tell, why_not
from citycard.applications.values import PartDecision
from citycard.infra.crypto import seal
from citycard.infra.database import execute, row
from citycard.infra.packs import Text, current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import NotFound, Refused

ASKED_LABEL = "applications.supplement.note"
ANSWER_LABEL = "applications.supplement.answer"
LONGEST_ANSWER = 1000


class NothingAsked(Refused):
    """Say which paper is missing, or write what is needed."""

    code = "applications.nothing_asked"


class SupplementNotThere(Refused):
    """{count} of the papers asked for are not there yet: {names}."""

    code = "applications.supplement_not_there"


class AnswerNeeded(Refused):
    """Please write what the reviewer asked for, or add a paper that shows it."""

    code = "applications.answer_needed"


class AnswerTooLong(Refused):
    """The answer is longer than {most} characters; a longer one can be added as a paper."""

    code = "applications.answer_too_long"


def ask_supplement(
    *,
    part_id: int,
    version: int,
    actor: Actor,
    now: dt.datetime,
    papers: Sequence[str] = (),
    note: str = "",
) -> int:
    """Ask the resident for papers or words; the clock stands still; returns the new version.

    Announces ``applications.part.supplement_asked``.

    :raises NothingAsked: neither a paper nor a word was asked for
    :raises Refused: as for a decision
    """
    require_unit_of_work()
    if not papers and not note.strip():
        raise NothingAsked()
    part = locked([part_id]).get(part_id)
    decision = PartDecision(part_id=part_id, decision="approve", version=version)
    refusal = why_not(part, decision, actor)
    if refusal is not None:
        raise refusal
    assert part is not None
    _check_asked(papers)
    supplement = row(
        "INSERT INTO applications_supplement (part_id, papers, asked_by, asked_at)"
        " VALUES (%s, %s, %s, %s) RETURNING id",
        [part_id, list(papers), actor.id, now],
    )
    assert supplement is not None
    if note.strip():
        execute(
            "UPDATE applications_supplement SET note_sealed = %s WHERE id = %s",
            [seal(ASKED_LABEL, note.strip(), row=supplement.id), supplement.id],
        )
    execute(
        "UPDATE applications_part SET state = 'supplement', clock_stopped_at = %s, reviewer = %s,"
        " version = version + 1 WHERE id = %s",
        [now, actor.id, part_id],
    )
    tell([(part, PartSupplementAsked)], actor, now)
    return int(part.version) + 1


def resubmit(*, part_id: int, actor: Actor, now: dt.datetime, answer: str = "") -> None:
    """Hand in what was asked for: the part goes back to the same reviewer's queue, the clock goes
    on.

    The papers are uploaded with ``add_document`` before. Announces
    ``applications.part.resubmitted``.

    :param answer: words to the reviewer, kept encrypted
    :raises NotFound: there is no such part that this actor may resubmit
    :raises NotInReview: nothing was asked for
    :raises SupplementNotThere: with ``papers``: those asked for and not uploaded since
    :raises AnswerNeeded: words were asked for, and neither words nor a paper came
    :raises AnswerTooLong: it is longer than ``LONGEST_ANSWER``
    """
    require_unit_of_work()
    part = locked([part_id]).get(part_id)
    if part is None or not _may_resubmit(part, actor):
        raise NotFound(what="application")
    if part.state != states.SUPPLEMENT:
        raise NotInReview(state=part.state)
    asked = row(
        "SELECT id, papers, asked_at FROM applications_supplement"
        " WHERE part_id = %s AND answered_at IS NULL FOR UPDATE",
        [part_id],
    )
    assert asked is not None, "a part in supplement has an open one"
    uploaded = {
        document.paper
        for document in documents_of([part.application_id]).get(part.application_id, ())
        if document.uploaded_at >= asked.asked_at
    }
    _check_handed_in(asked.papers, uploaded, answer.strip())
    sealed = seal(ANSWER_LABEL, answer.strip(), row=asked.id) if answer.strip() else None
    execute(
        "UPDATE applications_supplement SET answered_at = %s, answer_sealed = %s WHERE id = %s",
        [now, sealed, asked.id],
    )
    execute(
        "UPDATE applications_part SET state = 'in_review', due_at = %s, clock_stopped_at = NULL,"
        " wanted_papers = ARRAY(SELECT unnest(wanted_papers) EXCEPT SELECT unnest(%s::text[])),"
        " version = version + 1 WHERE id = %s",
        [due_after_supplement(part.due_at, part.clock_stopped_at, now), sorted(uploaded), part_id],
    )
    tell([(part, PartResubmitted)], actor, now)


def _check_handed_in(papers: Sequence[str], uploaded: Collection[str], answer: str) -> None:
    absent = [paper for paper in papers if paper not in uploaded]
    if absent:
        names = [Text.read(paper_name(code=paper)) for paper in absent]
        told = "、".join(name.in_(get_language() or "zh-hant") for name in names)
        raise SupplementNotThere(count=len(absent), papers=absent, names=told)
    if not uploaded and not answer:
        raise AnswerNeeded()
    if len(answer) > LONGEST_ANSWER:
        raise AnswerTooLong(most=LONGEST_ANSWER)


def _check_asked(papers: Sequence[str]) -> None:
    known = current_pack().table("papers")["papers"]
    for paper in papers:
        if paper != "photo" and paper not in known:
            raise UnknownPaper(paper=paper)


def _may_resubmit(part: Any, actor: Actor) -> bool:
    if actor.id == part.entered_by or (actor.member_id and actor.member_id == part.member_id):
        return True
    return "clerk" in actor.roles
