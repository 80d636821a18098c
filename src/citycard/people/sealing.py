"""Sealing the access records: signed Merkle roots, published to a file outside the database.

The promise, said as such: nothing older than the last published root changes unseen. A record is
not
chained to the one before it (that would be one lock for the whole city); an interval is.
"""

import datetime as dt
import json
import os
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from citycard.infra.crypto import sign, verify
from citycard.infra.database import execute, row, rows
from citycard.infra.unit_of_work import forbid_unit_of_work, unit_of_work
from citycard.people import merkle
from citycard.people.opening import SEALER_LOCK

_TAIL_BYTES = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Seal:
    """One closed interval of access records.

    :ivar log_id: which log it belongs to: drawn at random with a database's first seal
    """

    log_id: str
    number: int
    after_id: int
    upto_id: int
    record_count: int
    root: bytes
    chain: bytes
    signature: bytes
    sealed_at: dt.datetime

    @property
    def signed_text(self) -> bytes:
        """Return what the signature covers."""
        return f"citycard access seal|{self.log_id}|{self.number}|".encode() + self.chain

    def line(self) -> str:
        """Return the seal as it is published: one line of JSON."""
        return json.dumps(
            {
                "log": self.log_id,
                "number": self.number,
                "after_id": self.after_id,
                "upto_id": self.upto_id,
                "records": self.record_count,
                "root": self.root.hex(),
                "chain": self.chain.hex(),
                "signature": self.signature.hex(),
                "sealed_at": self.sealed_at.astimezone(dt.UTC).isoformat(),
            }
        )


def seal_file() -> Path:
    """Return the file that roots are published to; ``CITYCARD_SEALS`` puts it on another host's
    disk.
    """
    given = os.environ.get("CITYCARD_SEALS")
    place: Path = settings.CITYCARD_PLACE.directory
    return Path(given) if given else place / "seals" / "access.jsonl"


def seal_access_records(*, now: dt.datetime) -> int:
    """Close the interval since the last seal and publish its root; returns how many records it
    holds.

    For the timetable, every ten seconds. Without new records nothing is sealed. A seal that a
    crash kept
    from the file is published by the next run.
    """
    forbid_unit_of_work("a seal commits before it is published")
    with unit_of_work():
        count = _close_interval(now)
    publish()
    return count


def _close_interval(now: dt.datetime) -> int:
    # Alone for a moment: whoever writes a record holds this lock shared, so every id up to the
    # greatest one visible has committed or never will.
    execute("SELECT pg_advisory_xact_lock(%s)", [SEALER_LOCK])
    last = last_seal()
    after_id = last.upto_id if last else 0
    upto_id, leaves = leaves_between(after_id, None)
    if not leaves:
        return 0
    number = last.number + 1 if last else 1
    root = merkle.root(leaves)
    before = last.chain if last else merkle.EMPTY
    seal = Seal(
        log_id=last.log_id if last else str(uuid.uuid4()),
        number=number,
        after_id=after_id,
        upto_id=upto_id,
        record_count=len(leaves),
        root=root,
        chain=merkle.chained(before, number, (after_id, upto_id), len(leaves), root),
        signature=b"",
        sealed_at=now,
    )
    _insert(seal, sign(seal.signed_text))
    return len(leaves)


def _insert(seal: Seal, signature: bytes) -> None:
    execute(
        "INSERT INTO people_access_seal (log_id, number, after_id, upto_id, record_count, root,"
        " chain,"
        " signature, sealed_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            seal.log_id,
            seal.number,
            seal.after_id,
            seal.upto_id,
            seal.record_count,
            seal.root,
            seal.chain,
            signature,
            seal.sealed_at,
        ],
    )


_RECORDS = """
SELECT id, actor_id, actor_seq, actor_kind, roles, agency, counter, purpose, fields, subjects,
population,
    covered::text AS covered, opened_at
FROM people_access_record WHERE id > %s AND (%s::bigint IS NULL OR id <= %s) ORDER BY id
"""


def leaves_between(after_id: int, upto_id: int | None) -> tuple[int, list[bytes]]:
    """Return the last id and the leaves of the records after one id up to another (None: the
    newest).
    """
    records = rows(_RECORDS, [after_id, upto_id, upto_id])
    return (records[-1].id if records else after_id), [
        merkle.leaf(_canonical(one)) for one in records
    ]


def _canonical(record: Any) -> bytes:
    values = {**record._asdict(), "opened_at": record.opened_at.astimezone(dt.UTC).isoformat()}
    return json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def last_seal() -> Seal | None:
    """Return the newest seal."""
    found = row("SELECT * FROM people_access_seal ORDER BY number DESC LIMIT 1")
    return read_seal(found) if found else None


def seals_after(number: int, limit: int = 500) -> list[Seal]:
    """Return seals that follow one, in order."""
    found = rows(
        "SELECT * FROM people_access_seal WHERE number > %s ORDER BY number LIMIT %s",
        [number, limit],
    )
    return [read_seal(one) for one in found]


def read_seal(found: Any) -> Seal:
    """Return a stored row as a seal."""
    values = found._asdict()
    for name in ("root", "chain", "signature"):
        values[name] = bytes(values[name])
    return Seal(**{**values, "log_id": str(values["log_id"])})


def publish() -> None:
    """Append to the file the seals that it does not hold yet, and force them to disk."""
    last = last_seal()
    if last is None:
        return
    path = seal_file()
    missing = [seal.line() for seal in _every_seal_after(_last_published(path, last.log_id))]
    if missing:
        _append(path, missing)


def note_restore(*, now: dt.datetime) -> None:
    """Publish that this database was restored: seals after its last one were undone by that.

    They stay in the file, and so does this line; without it they would be missing for ever.
    """
    last = last_seal()
    path = seal_file()
    if last is None or _last_published(path, last.log_id) <= last.number:
        return
    at = now.astimezone(dt.UTC).isoformat()
    line = {"log": last.log_id, "restored_after": last.number, "at": at}
    _append(path, [json.dumps({**line, "signature": sign(_restore_text(line)).hex()})])


def _restore_text(line: dict[str, Any]) -> bytes:
    return f"citycard restore|{line['log']}|{line['restored_after']}|{line['at']}".encode()


def _is_restore(line: dict[str, Any]) -> bool:
    """Tell whether a line says that the city restored its database, signed by the city."""
    if "restored_after" not in line:
        return False
    return verify(_restore_text(line), bytes.fromhex(line["signature"]))


def _last_published(path: Path, log_id: str) -> int:
    """Return the number of the last seal in the file, from its end: the file grows for years."""
    if not path.exists():
        return 0
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        tail = _seals_in(file.read().decode("utf-8", errors="ignore"), log_id)
    found = tail or published_lines(path, log_id)
    return max((int(line["number"]) for line in found), default=0)


def published_lines(path: Path, log_id: str) -> list[dict[str, Any]]:
    """Return the published seals of one log, in the file's order; a torn last line is left out."""
    return _seals_in(path.read_text(encoding="utf-8"), log_id) if path.exists() else []


def _seals_in(text: str, log_id: str) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    for written in text.splitlines():
        try:
            line = json.loads(written)
        except ValueError:
            continue  # torn by a crash, or cut off at the beginning of the tail
        if line["log"] != log_id:
            continue
        if _is_restore(line):
            lines = [before for before in lines if before["number"] <= line["restored_after"]]
        elif "number" in line:
            lines.append(line)
    return lines


def _every_seal_after(number: int) -> list[Seal]:
    found: list[Seal] = []
    while part := seals_after(found[-1].number if found else number):
        found += part
    return found


def _append(path: Path, lines: Sequence[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    torn = _is_torn(path)  # a line torn by a crash is ended, so that it spoils no other
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file:
        file.write((("\n" if torn else "") + "\n".join(lines) + "\n").encode())
        file.flush()
        os.fsync(file.fileno())


def _is_torn(path: Path) -> bool:
    if not path.exists() or not path.stat().st_size:
        return False
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"
