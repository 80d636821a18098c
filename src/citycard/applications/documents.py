"""Papers and photos of an application: uploaded, checked, kept encrypted, cropped, erased in
time."""

import datetime as dt
import functools
import json
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from citycard.applications import states
from citycard.applications.forms import OTHER, PHOTO
from citycard.applications.inspecting import Inspected, cropped, inspect, photo_ratio
from citycard.applications.locking import lock_named
from citycard.applications.values import Document
from citycard.infra.crypto import seal, unseal_bytes
from citycard.infra.database import execute, row, rows, scalar
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.access import Access
from citycard.kernel.actors import Actor
from citycard.kernel.errors import NotFound, Refused

LABEL = "applications.document.content"
MOST_OTHERS = 10


class NothingAskedFor(Refused):
    """Papers can be added to a draft, or where a supplement was asked for."""

    code = "applications.nothing_asked_for"


class TooManyOthers(Refused):
    """At most {most} other papers can be added to an application; put several into one PDF."""

    code = "applications.too_many_others"


class CropOutside(Refused):
    """The box lies outside the photo, or doesn't have the card's proportions."""

    code = "applications.crop_outside"


class DocumentErased(Refused):
    """The paper was erased on {on}, some time after the decision."""

    code = "applications.document_erased"


def add_document(
    *, public_id: str, paper: str, content: bytes, actor: Actor, now: dt.datetime
) -> Document:
    """Check an uploaded file and keep it, encrypted; a later one of the same paper takes its place,
    but for ``other``, which stands beside the ones before.

    :param public_id: of a draft, or of an application in which a supplement was asked for
    :param paper: a paper's code in the pack, or ``photo``
    :raises TooManyOthers: there are so many already
    :raises NotFound: there is none that this actor may add to
    :raises NothingAskedFor: the application is submitted and nobody asked for anything
    :raises Refused: one of ``applications.file_*`` and ``applications.picture_*``
    """
    require_unit_of_work()
    application_id = _open_for_papers(public_id, actor)
    inspected = inspect(paper, content)
    if paper == OTHER:
        _check_room(application_id)
    else:
        execute(
            "UPDATE applications_document SET removed_at = %s, content_sealed = NULL,"
            " erased_at = %s WHERE application_id = %s AND paper = %s AND removed_at IS NULL",
            [now, now, application_id, paper],
        )
    return keep([(application_id, paper, inspected)], actor=actor, now=now)[0]


def _check_room(application_id: int) -> None:
    others = scalar(
        "SELECT count(*) FROM applications_document"
        " WHERE application_id = %s AND paper = %s AND removed_at IS NULL",
        [application_id, OTHER],
    )
    if others >= MOST_OTHERS:
        raise TooManyOthers(most=MOST_OTHERS)


def keep(
    files: Sequence[tuple[int, str, Inspected]], *, actor: Actor, now: dt.datetime
) -> list[Document]:
    """Store inspected files: (application, paper, file) each."""
    kept = [(uuid.uuid4(), *each) for each in files]
    if kept:
        execute(_INSERT, [actor.id, now, *map(list, zip(*map(_row, kept), strict=True))])
    return [_fresh(key, paper, file, now) for key, _, paper, file in kept]


_INSERT = """
INSERT INTO applications_document (id, application_id, kind, paper, content_sealed, media_type,
    bytes, sha256,
    width, height, crop, uploaded_by, uploaded_at)
SELECT d.id, d.application_id, CASE d.paper WHEN 'photo' THEN 'photo' ELSE 'paper' END, d.paper,
    d.content,
    d.media_type, d.bytes, d.sha256, d.width, d.height, d.crop::jsonb, %s, %s
FROM unnest(%s::uuid[], %s::bigint[], %s::text[], %s::bytea[], %s::text[], %s::int[], %s::bytea[],
    %s::int[],
    %s::int[], %s::text[])
  AS d(id, application_id, paper, content, media_type, bytes, sha256, width, height, crop)
"""


def _row(each: tuple[uuid.UUID, int, str, Inspected]) -> tuple[Any, ...]:
    key, application_id, paper, file = each
    return (
        key,
        application_id,
        paper,
        seal(LABEL, file.content, row=key),
        file.media_type,
        len(file.content),
        file.sha256,
        file.width,
        file.height,
        json.dumps(file.crop) if file.crop else None,
    )


def _fresh(key: uuid.UUID, paper: str, file: Inspected, now: dt.datetime) -> Document:
    return Document(
        id=str(key),
        kind="photo" if paper == PHOTO else "paper",
        paper=paper,
        media_type=file.media_type,
        bytes=len(file.content),
        width=file.width,
        height=file.height,
        crop=file.crop,
        uploaded_at=now,
    )


def documents_of(application_ids: Sequence[int]) -> dict[int, list[Document]]:
    """Return the papers of applications, without their content."""
    found: dict[int, list[Document]] = defaultdict(list)
    for one in rows(
        "SELECT id, application_id, kind, paper, media_type, bytes, width, height, crop::text AS"
        " crop,"
        " uploaded_at FROM applications_document WHERE application_id = ANY(%s::bigint[])"
        " AND removed_at IS NULL ORDER BY uploaded_at, id",
        [list(application_ids)],
    ):
        found[one.application_id].append(_document(one))
    return found


def own_document(*, public_id: str, document_id: str, actor: Actor) -> tuple[Document, bytes]:
    """Return a paper with its content to whoever uploads it, from a draft or their own application;
    of a counter's draft to whichever clerk goes on with it there. Once it is submitted, staff ask
    ``document_content``, which takes an access.

    :raises NotFound: there is none that this actor may see
    """
    application = _application(public_id)
    if application is None or not _may_look(application, actor):
        raise NotFound(what="paper")
    return _content(document_id, application.id)


def document_content(*, access: Access, document_id: str) -> tuple[Document, bytes]:
    """Return a paper with its content to staff; a photo whole, not cropped.

    :raises AccessTooNarrow: the access doesn't cover ``papers`` (``photo``) of the applicant
    :raises NotFound: there is none
    :raises DocumentErased: it was erased some time after the decision
    """
    found = row(
        "SELECT a.id AS application_id, a.member_id, d.kind FROM applications_document d"
        " JOIN applications_application a ON a.id = d.application_id WHERE d.id = %s",
        [_uuid(document_id)],
    )
    if found is None or found.member_id is None:
        raise NotFound(what="paper")
    access.require("photo" if found.kind == "photo" else "papers", members=[found.member_id])
    return _content(document_id, found.application_id)


def photo_of(*, access: Access, application_id: int) -> bytes | None:
    """Return the applicant's photo, cropped to the card's proportions, as JPEG; None without
    one."""
    found = row(
        """
        SELECT d.id, d.content_sealed, d.crop::text AS crop, a.member_id FROM applications_document
            d
        JOIN applications_application a ON a.id = d.application_id
        WHERE a.id = %s AND d.kind = 'photo' AND d.removed_at IS NULL AND d.content_sealed IS NOT
            NULL
        """,
        [application_id],
    )
    if found is None:
        return None
    access.require("photo", members=[found.member_id])
    content = unseal_bytes(LABEL, found.content_sealed, row=found.id)
    return _cut(content, found.crop)


@functools.lru_cache(maxsize=32)
def _cut(content: bytes, crop: str | None) -> bytes:
    return cropped(content, json.loads(crop) if crop else None)


def set_crop(
    *, application_id: int, box: Mapping[str, int], actor: Actor, now: dt.datetime
) -> Document:
    """Move the box that goes on the card; it must have the card's proportions to within a pixel or
    two.

    :raises NotFound: the application has no photo
    :raises CropOutside: the box lies outside the photo or has other proportions
    """
    require_unit_of_work()
    found = row(
        "SELECT id, width, height FROM applications_document"
        " WHERE application_id = %s AND kind = 'photo' AND removed_at IS NULL FOR UPDATE",
        [application_id],
    )
    if found is None:
        raise NotFound(what="photo")
    x, y, w, h = (int(box[side]) for side in ("x", "y", "w", "h"))
    across, down = photo_ratio()
    inside = x >= 0 and y >= 0 and x + w <= found.width and y + h <= found.height
    if not inside or w < across or abs(w * down - h * across) > 2 * max(across, down):
        raise CropOutside()
    execute(
        "UPDATE applications_document SET crop = %s::jsonb WHERE id = %s",
        [json.dumps({"x": x, "y": y, "w": w, "h": h}), found.id],
    )
    return next(
        each for each in documents_of([application_id])[application_id] if each.kind == "photo"
    )


def crop_draft_photo(
    *, public_id: str, box: Mapping[str, int], actor: Actor, now: dt.datetime
) -> Document:
    """Move the box that goes on the card while the application is still being filled in.

    :raises NotFound: there is no draft that this actor may add to, or no photo in it
    :raises CropOutside: the box lies outside the photo or has other proportions
    """
    require_unit_of_work()
    application_id = _open_for_papers(public_id, actor)
    return set_crop(application_id=application_id, box=box, actor=actor, now=now)


def erase_old_papers(*, now: dt.datetime) -> int:
    """Erase the content of papers whose application ended longer ago than the pack keeps them."""
    require_unit_of_work()
    days = int(current_pack().table("pack")["privacy"].get("paper_days_after_decision", 90))
    return execute(
        """
        UPDATE applications_document d SET content_sealed = NULL, erased_at = %s
        FROM applications_application a
        WHERE a.id = d.application_id AND d.content_sealed IS NOT NULL AND a.closed_at < %s
        """,
        [now, now - dt.timedelta(days=days)],
    )


def _open_for_papers(public_id: str, actor: Actor) -> int:
    lock_named(public_id)  # of two uploads at once, one takes the other's place
    application = _application(public_id)
    if application is None or not _may_add(application, actor):
        raise NotFound(what="application")
    if application.state != states.DRAFT and not application.supplements:
        raise NothingAskedFor()
    return int(application.id)


def _application(public_id: str) -> Any:
    return row(
        """
        SELECT a.id, a.state, a.entered_by, a.channel, a.counter, a.member_id,
            (SELECT count(*) FROM applications_part p
             WHERE p.application_id = a.id AND p.state = 'supplement') AS supplements
        FROM applications_application a WHERE a.public_id = %s
        """,
        [_uuid(public_id)],
    )


def _may_look(application: Any, actor: Actor) -> bool:
    """Staff look at what they take in while they do; at a case only by an access, on record."""
    if application.state == states.DRAFT:
        return _may_add(application, actor)
    return actor.kind != "staff" and bool(application.entered_by == actor.id)


def _may_add(application: Any, actor: Actor) -> bool:
    if application.entered_by == actor.id:
        return True
    if actor.member_id is not None and actor.member_id == application.member_id:
        return True
    if actor.kind != "staff" or "clerk" not in actor.roles:
        return False
    if application.state != states.DRAFT:
        return True  # somebody who brings a missing paper may bring it to any counter
    here = actor.counter is not None and application.counter == actor.counter
    return bool(application.channel == "counter" and here)


def _content(document_id: str, application_id: int) -> tuple[Document, bytes]:
    found = row(
        "SELECT id, application_id, kind, paper, media_type, bytes, width, height, crop::text AS"
        " crop,"
        " uploaded_at, content_sealed, erased_at FROM applications_document"
        " WHERE id = %s AND application_id = %s",
        [_uuid(document_id), application_id],
    )
    if found is None:
        raise NotFound(what="paper")
    if found.content_sealed is None:
        raise DocumentErased(on=current_pack().time.day(found.erased_at))
    return _document(found), unseal_bytes(LABEL, found.content_sealed, row=found.id)


def _document(one: Any) -> Document:
    return Document(
        id=str(one.id),
        kind=one.kind,
        paper=one.paper,
        media_type=one.media_type,
        bytes=one.bytes,
        width=one.width,
        height=one.height,
        crop=json.loads(one.crop) if one.crop else None,
        uploaded_at=one.uploaded_at,
    )


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotFound(what="paper") from None
