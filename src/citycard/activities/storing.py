"""Storing an upload: each line once with its answer, and the answers in the order of the lines;
reading it again."""

import datetime as dt
from collections.abc import Mapping, Sequence

from citycard.activities.line_values import (
    Line,
    LineAnswer,
    OpenUpload,
    StoredUpload,
    UploadLine,
)
from citycard.activities.values import Award
from citycard.infra.database import execute, row, rows, scalar
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import NotFound


def store_upload(
    *, opened: OpenUpload, awards: Sequence[Award], actor: Actor, now: dt.datetime
) -> StoredUpload:
    """Keep an opened upload with what its lines gave."""
    require_unit_of_work()
    answers = _answers(opened, {award.n: award for award in awards})
    upload_id = _insert_upload(opened, actor, now)
    _insert_lines(upload_id, opened, answers)
    _insert_answers(upload_id, answers)
    return StoredUpload(
        upload_id=upload_id, agency=opened.upload.agency, received_at=now, told=answers
    )


def upload_of(*, upload_id: int) -> StoredUpload:
    """Return an upload with the answers that it got.

    :raises NotFound: there is none of this number
    """
    found = row("SELECT agency, received_at FROM activities_upload WHERE id = %s", [upload_id])
    if found is None:
        raise NotFound(what="upload")
    answers = rows(
        "SELECT code, points, again FROM activities_upload_answer WHERE upload_id = %s"
        " ORDER BY place",
        [upload_id],
    )
    return StoredUpload(
        upload_id=upload_id,
        agency=found.agency,
        received_at=found.received_at,
        told=tuple(LineAnswer(**one._asdict()) for one in answers),
    )


def uploads_of(*, campaign_id: int, limit: int = 20) -> list[UploadLine]:
    """Return the newest uploads with lines of a campaign: when, by which way, what they gave."""
    found = rows(
        """
        SELECT u.id AS upload_id, u.received_at, u.route, count(*) AS lines,
               coalesce(sum(l.points), 0)::bigint AS points
        FROM activities_line l JOIN activities_upload u ON u.id = l.upload_id
        WHERE l.campaign_id = %s GROUP BY u.id ORDER BY u.id DESC LIMIT %s
        """,
        [campaign_id, limit],
    )
    return [UploadLine(**one._asdict()) for one in found]


def _answers(opened: OpenUpload, awards: Mapping[int, Award]) -> tuple[LineAnswer, ...]:
    first: dict[bytes, LineAnswer] = {}
    answers = []
    for line in opened.lines:
        answer = line.answer or _of_award(awards[line.place])
        if answer.again and line.reference_key in first:  # the same line twice in one upload
            told = first[line.reference_key]
            answer = LineAnswer(code=told.code, points=told.points, again=True)
        first.setdefault(line.reference_key, answer)
        answers.append(answer)
    return tuple(answers)


def _of_award(award: Award) -> LineAnswer:
    return LineAnswer(
        code="no_campaign" if award.code == "none" else award.code, points=award.points
    )


def _insert_upload(opened: OpenUpload, actor: Actor, now: dt.datetime) -> int:
    upload = opened.upload
    return int(
        scalar(
            """
            INSERT INTO activities_upload (agency, sender, route, key_hash, content_hash, lines,
                                           received_at, pack_hash)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING id
            """,
            [
                upload.agency,
                actor.id,
                upload.route,
                opened.key_hash,
                opened.content_hash,
                len(upload.lines),
                now,
                current_pack().hash,
            ],
        )
    )


def _insert_lines(upload_id: int, opened: OpenUpload, answers: Sequence[LineAnswer]) -> None:
    new = [(line, answers[line.place]) for line in opened.lines if line.is_new]
    if not new:
        return
    execute(
        """
        INSERT INTO activities_line (agency, upload_id, reference_key, content_hash, campaign_id,
                                     at, member_id, code, points)
        SELECT %s, %s, * FROM unnest(%s::bytea[], %s::bytea[], %s::bigint[], %s::timestamptz[],
                                     %s::bigint[], %s::text[], %s::bigint[])
        """,
        [opened.upload.agency, upload_id, *_columns(new)],
    )


def _columns(new: Sequence[tuple[Line, LineAnswer]]) -> list[list[object]]:
    taken = [
        (
            line.reference_key,
            line.content_hash,
            line.said.campaign_id,
            line.said.at,
            line.member_id,
            answer.code,
            answer.points,
        )
        for line, answer in new
    ]
    return [list(column) for column in zip(*taken, strict=True)]


def _insert_answers(upload_id: int, answers: Sequence[LineAnswer]) -> None:
    execute(
        """
        INSERT INTO activities_upload_answer (upload_id, place, code, points, again)
        SELECT %s, a.n - 1, a.code, a.points, a.again
        FROM unnest(%s::text[], %s::bigint[], %s::boolean[])
             WITH ORDINALITY AS a(code, points, again, n)
        """,
        [
            upload_id,
            [answer.code for answer in answers],
            [answer.points for answer in answers],
            [answer.again for answer in answers],
        ],
    )
