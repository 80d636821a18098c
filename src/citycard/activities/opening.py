"""Opening an upload of an agency's own system: what came before, and whose each line is.

One lock an agency: its uploads follow one another, so that a reference is decided once. It comes
before every other lock, as readers' epochs do for taps.
"""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from citycard.activities.attributing import attribute
from citycard.activities.line_values import (
    EarningLine,
    Line,
    LineAnswer,
    OpenUpload,
    StoredUpload,
    Upload,
)
from citycard.activities.storing import upload_of
from citycard.activities.values import LineRequest
from citycard.infra import crypto
from citycard.infra.database import execute, row, rows
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.kernel.ids import fact_key


class UploadKeyUsed(Refused):
    """The key of this batch was used for another content before."""

    code = "activities.upload_key_used"
    http_status = 409


def open_upload(*, upload: Upload, actor: Actor, now: dt.datetime) -> OpenUpload:
    """Lock the agency, answer what was answered before, and find whose the new lines are.

    :raises UploadKeyUsed: the sender used the key for another content
    """
    require_unit_of_work()
    execute(
        "SELECT pg_advisory_xact_lock(hashtext('activities_line'), hashtext(%s))", [upload.agency]
    )
    opened = OpenUpload(
        upload=upload,
        key_hash=crypto.keyed_hmac("upload_key", upload.agency, upload.key),
        content_hash=_hash_of_lines(upload),
    )
    before = _stored(opened, actor)
    if before is not None:
        return dataclasses.replace(opened, before=before)
    lines = attribute(agency=upload.agency, lines=_as_before(opened))
    return dataclasses.replace(opened, lines=tuple(lines), requests=_requests(upload.agency, lines))


def _stored(opened: OpenUpload, actor: Actor) -> StoredUpload | None:
    found = row(
        "SELECT id, content_hash FROM activities_upload"
        " WHERE sender = %s AND route = %s AND key_hash = %s",
        [actor.id, opened.upload.route, opened.key_hash],
    )
    if found is None:
        return None
    if bytes(found.content_hash) != opened.content_hash:
        raise UploadKeyUsed()
    return dataclasses.replace(upload_of(upload_id=found.id), again=True)


def _as_before(opened: OpenUpload) -> list[Line]:
    """Return the lines, those whose reference was used before with their answer."""
    said = opened.upload.lines
    lines = [_line(opened.upload.agency, place, line) for place, line in enumerate(said)]
    known = _known(opened.upload.agency, [line.reference_key for line in lines])
    first: dict[bytes, Line] = {}
    out = []
    for line in lines:
        earlier = first.setdefault(line.reference_key, line)
        if line.reference_key in known:
            answer = _again(line, known[line.reference_key])
            out.append(dataclasses.replace(line, answer=answer))
        elif earlier is not line:
            same = earlier.content_hash == line.content_hash
            answer = LineAnswer(code="points" if same else "conflict", again=same)
            out.append(dataclasses.replace(line, answer=answer))
        else:
            out.append(line)
    return out


def _line(agency: str, place: int, said: EarningLine) -> Line:
    return Line(
        place=place,
        said=said,
        reference_key=crypto.keyed_hmac("line_reference", agency, said.reference),
        content_hash=crypto.keyed_hmac("line_content", agency, _content(said)),
    )


def _content(said: EarningLine) -> str:
    return "\x1f".join(
        (
            str(said.campaign_id),
            f"{said.at.timestamp():.6f}",
            said.issuer,
            said.number_kind,
            said.number,
            said.member_number,
        )
    )


def _hash_of_lines(upload: Upload) -> bytes:
    said = "\x1e".join(f"{line.reference}\x1f{_content(line)}" for line in upload.lines)
    return crypto.keyed_hmac("upload_content", upload.agency, said)


def _known(agency: str, keys: Sequence[bytes]) -> Mapping[bytes, Any]:
    found = rows(
        "SELECT reference_key, content_hash, code, points FROM activities_line"
        " WHERE agency = %s AND reference_key = ANY (%s::bytea[])",
        [agency, list(keys)],
    )
    return {bytes(one.reference_key): one for one in found}


def _again(line: Line, stored: Any) -> LineAnswer:
    if bytes(stored.content_hash) != line.content_hash:
        return LineAnswer(code="conflict")
    return LineAnswer(code=stored.code, points=stored.points, again=True)


def _requests(agency: str, lines: Sequence[Line]) -> tuple[LineRequest, ...]:
    """Return what is to decide, in the facts' own order, so that a file's order doesn't matter."""
    asked = [line for line in lines if line.answer is None]
    asked.sort(key=lambda line: (line.said.at, line.reference_key))
    return tuple(_request(agency, line) for line in asked)


def _request(agency: str, line: Line) -> LineRequest:
    assert line.member_id is not None, "a line without an answer has a member"
    return LineRequest(
        n=line.place,
        member_id=line.member_id,
        campaign_id=line.said.campaign_id,
        at=line.said.at,
        key=fact_key(line.said.at, "line", agency, line.reference_key.hex()),
    )
