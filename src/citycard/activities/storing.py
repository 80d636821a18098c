"""Storing an upload: each line once with its answer, and the answers in the order of the lines."""

import datetime as dt
from collections.abc import Mapping, Sequence

from citycard.activities.line_values import Line, LineAnswer, OpenUpload
from citycard.activities.values import Award
from citycard.infra.database import execute, scalar
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor


def store_upload(
    *, opened: OpenUpload, awards: Sequence[Award], actor: Actor, now: dt.datetime
) -> tuple[LineAnswer, ...]:
    """Keep an opened upload with what its lines gave; returns the answers in their order."""
    require_unit_of_work()
    answers = _answers(opened, {award.n: award for award in awards})
    upload_id = _insert_upload(opened, actor, now)
    _insert_lines(upload_id, opened, answers)
    _insert_answers(upload_id, answers)
    return answers


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
