"""What readers carry when they are cut off: ``GET /snapshot`` and ``GET /changes?since=<version>``.

A thread keeps the signed documents in memory; a request reads no database and signs nothing. A
reader gets its own service's documents, and its asking tells which version it holds.
"""

import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import structlog

from citycard.cards import api as cards
from citycard.infra import clock
from citycard.infra.database import give_back_connection
from citycard.infra.unit_of_work import unit_of_work
from citycard.portals.gate.problems import GateProblem, Reply
from citycard.portals.gate.readers import Reader

log = structlog.get_logger(__name__)

REFRESH_S = 0.5
NOTE_S = 5.0
"""How often it is written down which version each reader holds."""

DOCUMENTS = b"application/vnd.citycard.snapshot"


@dataclass(frozen=True)
class Shelf:
    """One service's documents: the newest base, the deltas after it, and the word of freshness.

    Never changed: what is new makes another one.
    """

    base: int
    newest: int
    heads: Mapping[int, bytes] = field(repr=False)
    documents: Mapping[int, bytes] = field(repr=False)
    fresh: bytes = field(default=b"", repr=False)

    def after(self, version: int) -> bytes:
        """Return all that comes after a version, and the word of freshness, as one stream."""
        wanted = [self.documents[v] for v in range(version + 1, self.newest + 1)]
        found = [*wanted, self.fresh] if self.fresh else wanted
        return b"".join(struct.pack(">I", len(one)) + one for one in found)

    def tag(self) -> bytes:
        """Return what tells this state from any other."""
        # The last bytes of a word of freshness are its signature.
        return b'"%s%s"' % (
            self.heads[self.newest][:8].hex().encode(),
            self.fresh[-6:].hex().encode(),
        )


class Shelves:
    """All services' documents. Reading takes no lock: a refresh puts another table in its place."""

    def __init__(self) -> None:
        self._shelves: dict[str, Shelf] = {}
        self._heard: dict[int, cards.Heard] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Read the documents once, and go on reading them in a thread of its own."""
        self._refresh()
        self._thread = threading.Thread(target=self._keep, name="gate-snapshots", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop reading, and write down what was heard."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def snapshot(self, reader: Reader, match: bytes) -> Reply:
        """Return the newest base with all that came after it.

        :param match: the tag that the reader holds
        :raises GateProblem: none was built yet (404)
        """
        shelf = self._shelf(reader)
        return _reply(shelf, match, lambda: shelf.after(shelf.base - 1))

    def changes(self, reader: Reader, since: int, match: bytes) -> Reply:
        """Return what came after the version that a reader holds; its asking is noted.

        :raises GateProblem: that version is older than the newest base, or unknown here (410)
        """
        shelf = self._shelf(reader)
        if not shelf.base <= since <= shelf.newest:
            detail = "There is a newer base: ask for GET /snapshot."
            raise GateProblem(410, "snapshot_renewed", detail)
        self._heard[reader.device_id] = cards.Heard(
            reader_id=reader.device_id, service=reader.service, version=since, at=clock.now()
        )
        return _reply(shelf, match, lambda: shelf.after(since))

    def _shelf(self, reader: Reader) -> Shelf:
        shelf = self._shelves.get(reader.service)
        if shelf is None:
            detail = "There is no snapshot of this reader's service yet; ask again later."
            raise GateProblem(404, "no_snapshot", detail, retry_s=30)
        return shelf

    def _keep(self) -> None:
        noted_at = time.monotonic()
        while not self._stop.wait(REFRESH_S):
            self._refresh()
            if time.monotonic() - noted_at > NOTE_S:
                noted_at = time.monotonic()
                self._note()
        self._note()
        give_back_connection()

    def _refresh(self) -> None:
        try:
            shelves = dict(self._shelves)
            known = {service: shelf.newest for service, shelf in shelves.items()}
            for one in cards.snapshots_after(known=known):
                shelves[one.service] = _with(shelves.get(one.service), one)
            for service, document in cards.fresh_documents().items():
                if service in shelves and shelves[service].fresh != document:
                    shelves[service] = replace(shelves[service], fresh=document)
            self._shelves = shelves
        except Exception:  # the database may be away: the next round tries again
            log.warning("gate.snapshots_not_read", exc_info=True)
            give_back_connection()

    def _note(self) -> None:
        heard, self._heard = self._heard, {}
        if not heard:
            return
        try:
            with unit_of_work():
                cards.note_reader_versions(heard=list(heard.values()))
        except Exception:
            log.warning("gate.versions_not_noted", exc_info=True)
            give_back_connection()


def _with(shelf: Shelf | None, one: cards.Snapshot) -> Shelf:
    if one.kind == "base" or shelf is None:
        return Shelf(one.version, one.version, {one.version: one.head}, {one.version: one.document})
    return Shelf(
        shelf.base,
        one.version,
        {**shelf.heads, one.version: one.head},
        {**shelf.documents, one.version: one.document},
        shelf.fresh,
    )


def _reply(shelf: Shelf, match: bytes, body: Callable[[], bytes]) -> Reply:
    tag = shelf.tag()
    headers = ((b"etag", tag),)
    if match == tag:
        return Reply(304, b"", DOCUMENTS, headers)
    return Reply(200, body(), DOCUMENTS, headers)


def since_of(query: bytes) -> int:
    """Return the version that a query names.

    :raises GateProblem: it names none (422)
    """
    name, _, value = query.partition(b"=")
    if name == b"since" and value.isdigit() and len(value) < 10:
        return int(value)
    raise GateProblem(422, "bad_field", "Ask for /changes?since=<the version that you hold>.")
