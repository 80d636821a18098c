"""Following the registers: what they say changed is taken over whole, weighed, and carried out.

Two doors, one way: a file (dropped in a folder, or uploaded) and an API, page after page. What is
taken over waits, sealed, until the brake lets it pass; what is refused leaves but the reason.
"""

import base64
import binascii
import datetime as dt
import hashlib
from collections.abc import Sequence
from contextlib import suppress

import structlog

from citycard.agencies import api as agencies
from citycard.flows import braking
from citycard.infra import failpoints
from citycard.infra.packs import current_pack
from citycard.infra.ports import PortUnavailable, use
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM, Actor
from citycard.kernel.errors import Refused
from citycard.people import api as people
from citycard.people.ports import ChangePage, RegisterChanges, RegisterFiles

log = structlog.get_logger(__name__)

PURPOSE = "register-feed"
FIELDS = ("birth_on", "id_number", "statuses", "rights")
A_PAGE, MOST_PAGES = 500, 40


class NoLawToFollow(Refused):
    """The city's pack names no law on which registers are followed; none is asked."""

    code = "following.no_law"


def take_file(
    *,
    content: bytes,
    name: str,
    actor: Actor,
    now: dt.datetime,
    signature: bytes | None = None,
) -> braking.Weighed:
    """Take a register's file over and weigh it; nothing of it is kept when it is refused.

    :param name: as the file is called; refusals name it
    :param signature: the register's, from the file beside it
    :raises Refused: see ``people.feed_refusals``; the operator's page keeps the reason
    """
    try:
        ground = _ground()
        file = people.read_feed_file(
            content=content,
            name=name,
            today=current_pack().time.day(now),
            words=people.feed_words(),
            signature=signature,
            is_signed=use(RegisterFiles).is_signed if signature is not None else None,
        )
        return _take(file, "file", ground, actor, now)
    except Refused as refusal:
        _note(refusal, "file", name, content, actor, now)
        raise


def signature_from(text: bytes) -> bytes:
    """Return the signature in a ``.sig`` file: base64; what is none is empty, and refused."""
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""


def look_in_folder(now: dt.datetime) -> None:
    """Take over what registers dropped, in the order of the names; run by the clock."""
    try:
        waiting = use(RegisterFiles).waiting()
    except PortUnavailable:
        return  # the port's own page says so, and the next run looks again
    for one in waiting:
        taken = True
        try:
            take_file(
                content=one.content, name=one.name, signature=one.signature, actor=SYSTEM, now=now
            )
        except Refused:
            taken = False
        use(RegisterFiles).put_away(one.name, taken)


def fetch(now: dt.datetime) -> None:
    """Ask each register for what changed, and weigh it; run by the clock."""
    _finish_drafts(now)
    for register in people.feed_words().registers:
        try:
            fetch_from(register=register, actor=SYSTEM, now=now)
        except Refused as refusal:
            log.warning("register.not_followed", register=register, why=refusal.code)


def fetch_from(*, register: str, actor: Actor, now: dt.datetime) -> braking.Weighed | None:
    """Ask one register for what changed since its cursor; None: nothing did, or it is silent.

    :raises Refused: what it says can't be; nothing of it is kept, and its cursor stays
    """
    ground = _ground()
    before = people.feed_cursor(register=register)
    try:
        pages = _pages(register, before, ground)
    except PortUnavailable as silent:
        with unit_of_work():
            people.note_silence(register=register, why=silent.facts["why"], now=now)
        return None
    rows = [row for page in pages for row in page.rows]
    if not rows or pages[-1].cursor == before:
        return None  # only what was told before
    name, cursor = f"{register}:{before or '0'}–{pages[-1].cursor}", pages[-1].cursor
    try:
        file = _as_file(register, name, cursor, rows, now)
        return _take(file, "port", ground, actor, now, cursor=cursor)
    except Refused as refusal:
        _note(refusal, "port", name, cursor.encode(), actor, now, register)
        raise


def _pages(register: str, cursor: str, ground: str) -> list[ChangePage]:
    found: list[ChangePage] = []
    while len(found) < MOST_PAGES:
        page = use(RegisterChanges).changes_after(register, cursor, A_PAGE, PURPOSE, ground)
        if page.rows and (page.cursor != cursor or not found):
            found.append(page)
        if not page.more or page.cursor == cursor:
            break
        cursor = page.cursor
    return found


def _as_file(
    register: str, name: str, cursor: str, rows: Sequence[object], now: dt.datetime
) -> people.FeedFile:
    """Check each row as a file's is; a number that comes twice is one change."""
    words, today = people.feed_words(), current_pack().time.day(now)
    changes = {}
    for line, row in enumerate(rows, 1):
        assert isinstance(row, dict), "a page's rows are mappings"
        said = {str(key): str(value) for key, value in row.items() if value not in ("", None)}
        change = people.change_of(
            row=said, line=line, name=name, register=register, today=today, words=words
        )
        changes[change.number] = change
    return people.FeedFile(
        name=name,
        register=register,
        form="changes",
        after=0,
        listed_on=None,
        status="",
        changes=sorted(changes.values(), key=lambda one: one.number),
        content_hash=hashlib.sha256(f"{register}:{cursor}:{len(changes)}".encode()).digest(),
        checked_by="port",
    )


def _take(
    file: people.FeedFile,
    door: str,
    ground: str,
    actor: Actor,
    now: dt.datetime,
    cursor: str | None = None,
) -> braking.Weighed:
    """Keep a delivery and weigh it; one access record stands for the whole run."""
    access = people.open_access(
        subject=people.Population(
            description=f"登記異動核對 Register changes · {file.register} · {file.name}",
            member_ids=people.members_in_feed(file=file),
        ),
        fields=FIELDS,
        purpose=PURPOSE,
        actor=actor,
        now=now,
    )
    with unit_of_work():
        people.take_feed(
            file=file, door=door, ground=ground, access=access, actor=actor, now=now, cursor=cursor
        )
        change_id = agencies.draft_mass_change(
            kind="feed", about=file.register, actor=actor, now=now
        )
        people.begin_feed_run(register=file.register, run_id=change_id)
        failpoints.reach("feed.take.before_commit")
    failpoints.reach("feed.taken")
    try:
        return braking.weigh(change_id=change_id, actor=actor, now=now)
    except agencies.MassChangeIsOver:  # the clock found the draft and was quicker
        return braking.outcome_of(change_id=change_id)


def _finish_drafts(now: dt.datetime) -> None:
    """Weigh what was taken over when the power went before it was weighed."""
    for one in agencies.mass_changes(kind="feed", states=["drafted"], limit=None):
        with suppress(agencies.MassChangeIsOver):  # whoever took it over was quicker
            braking.weigh(change_id=one.id, actor=SYSTEM, now=now)


def _ground() -> str:
    ground = people.feed_ground()
    if not ground:
        raise NoLawToFollow()
    return ground


def _note(
    refusal: Refused,
    door: str,
    name: str,
    content: bytes,
    actor: Actor,
    now: dt.datetime,
    register: str = "",
) -> None:
    with unit_of_work():
        people.note_refused(
            register=register or _register_of(content),
            door=door,
            name=name,
            content_hash=hashlib.sha256(content).digest(),
            refusal=refusal,
            actor=actor,
            now=now,
        )


def _register_of(content: bytes) -> str:
    """Return whose a refused file says that it is, if that is a register of the city."""
    cells = content[:80].removeprefix(b"\xef\xbb\xbf").split(b"\n")[0].split(b",")
    said = cells[2].decode("ascii", "replace") if len(cells) > 2 else ""
    return said if said in people.feed_words().registers else ""
