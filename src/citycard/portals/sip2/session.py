"""One terminal's session: its questions in order, each with exactly one answer.

A question is answered before the next is looked at, so that an answer is never another's. After a
time-out the line to the library is given up with whatever it may still say; the next question opens
a new one, on which the terminal's own login is said again. What changes something is never sent
twice.
"""

import asyncio
import contextlib
import time
import uuid
from dataclasses import dataclass

import structlog

from citycard.infra import clock
from citycard.portals.sip2 import messages, refusing
from citycard.portals.sip2.framing import LONGEST_REQUEST, Framer, LineTooLong, ends_of
from citycard.portals.sip2.library import AnswerLost, Library, LibraryAway, Line, keep_alive
from citycard.portals.sip2.patrons import Patrons
from citycard.portals.sip2.words import said

log = structlog.get_logger(__name__)

ANSWER_WITHIN_S = 8.0
UNFINISHED_S = 30.0
"""How long a message may take from its first byte to its last."""

TURN_S = 300.0
"""After so long, whoever shows the same code is another person."""

_LOGIN, _LOGGED_IN, _RESEND, _END = b"93", b"941", b"97", b"35"
_CHUNK = 4096


class HangUp(Exception):
    """There is nothing that this terminal could be told; it connects anew."""


class _Ours(Exception):
    """The answer is our own; the library isn't asked, or didn't say."""

    def __init__(self, answer: bytes) -> None:
        super().__init__()
        self.answer = answer


@dataclass(frozen=True)
class Swap:
    """The number that went to the library, and what the terminal had sent."""

    sent: bytes
    shown: bytes


class Session:
    """A terminal and its line to the library."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        library: Library,
        patrons: Patrons,
        answer_within_s: float = ANSWER_WITHIN_S,
    ) -> None:
        self._reader, self._writer = reader, writer
        self._library, self._patrons = library, patrons
        self._within_s = answer_within_s
        self._line: Line | None = None
        self._login = b""
        self._swap: Swap | None = None
        self._own_answer = b""
        self._is_answering = False
        self._held: list[bytes] = []
        self._id = uuid.uuid4().hex
        self._turn, self._turn_text, self._turn_at = 0, "", 0.0

    async def run(self) -> None:
        """Serve the terminal until it hangs up."""
        keep_alive(self._writer)
        framer = Framer(LONGEST_REQUEST)
        try:
            while data := await self._read(framer):
                for message in framer.feed(data):
                    await self._serve(message)
        except (LineTooLong, TimeoutError, HangUp) as why:
            log.warning("sip2.terminal_dropped", why=type(why).__name__)
        except OSError:
            pass
        finally:
            if self._line is not None:
                self._line.close()
            self._writer.close()

    async def _read(self, framer: Framer) -> bytes:
        """Wait for the terminal: for ever between messages, not long within one."""
        async with asyncio.timeout(UNFINISHED_S if framer.is_amid else None):
            return await self._reader.read(_CHUNK)

    async def _serve(self, message: bytes) -> None:
        if not ends_of(message)[0]:
            self._pass_line_end(message)
            return
        self._is_answering = True
        answer, is_own = await self._answer(message)
        self._own_answer = answer if is_own else b""
        self._writer.write(answer + b"".join(self._held))
        self._held.clear()
        self._is_answering = False
        async with asyncio.timeout(UNFINISHED_S):
            await self._writer.drain()

    def _pass_line_end(self, message: bytes) -> None:
        """A line feed after a message goes where the message went."""
        if self._own_answer:
            self._writer.write(message)
        elif self._line is not None:
            self._line.send(message)

    async def _answer(self, message: bytes) -> tuple[bytes, bool]:
        """Return the answer to a message, and whether it is our own."""
        code = messages.code_of(message)
        if code == _RESEND and self._own_answer:
            return self._own_answer, True
        try:
            answer = await self._asked(message, await self._to_send(message))
        except _Ours as ours:
            return ours.answer, True
        if code == _LOGIN and answer.startswith(_LOGGED_IN):
            self._login = message
        if code == _END:
            self._turn_text = ""
        return self._put_back(answer), False

    async def _to_send(self, message: bytes) -> bytes:
        """Return the message as the library gets it.

        :raises _Ours: the library isn't asked
        """
        code = messages.code_of(message)
        fields = messages.patron_fields(message)
        if fields and messages.has_wrong_checksum(message):
            raise _Ours(refusing.resend(message))
        if code != _RESEND:
            self._swap = None
        if len(fields) != 1:
            return message
        sent, why = await self._converted(message, fields[0])
        if why and code in refusing.REFUSABLE:
            raise self._refused(message, why)
        return sent

    async def _converted(self, message: bytes, field: messages.Field) -> tuple[bytes, str]:
        """Return the message with the library's own number, or why the patron is refused."""
        shown = messages.value_of(message, field)
        try:
            text = shown.decode()
        except UnicodeDecodeError:
            return message, ""
        if not text.strip():
            return message, ""
        found = await self._patrons.number_for(text, use=self._use(text))
        if found.outcome == "refused":
            return message, found.why
        if found.outcome == "own":
            return message, ""
        if not found.number.isprintable() or "|" in found.number:
            return message, "not_linked"  # no number of a library's; it would break the message
        self._swap = Swap(sent=found.number.encode(), shown=shown)
        return messages.with_value(message, field, self._swap.sent), ""

    def _use(self, text: str) -> str:
        """Return what names this person's turn at this terminal."""
        now = time.monotonic()
        if text != self._turn_text or now - self._turn_at > TURN_S:
            self._turn += 1
        self._turn_text, self._turn_at = text, now
        return f"sip2:{self._id}:{self._turn}"

    async def _asked(self, message: bytes, sent: bytes) -> bytes:
        """Return the library's answer; what changes nothing is asked twice when the line fell.

        :raises _Ours: there is none
        """
        code = messages.code_of(message)
        tries = 2 if code in refusing.IDEMPOTENT else 1
        for left in reversed(range(tries)):
            try:
                line = await self._open_line(is_login=code == _LOGIN)
                return await line.ask(sent, within_s=self._within_s)
            except LibraryAway:
                raise self._refused(message, "library_away") from None
            except AnswerLost as why:
                log.warning("sip2.answer_lost", message=code.decode("latin-1"))
                if not left or isinstance(why.__cause__, TimeoutError):
                    break
        raise self._refused(message, "library_away" if tries > 1 else "answer_lost")

    async def _open_line(self, *, is_login: bool) -> Line:
        """Return the line to the library, a new one where it fell, logged in as the old one was."""
        if self._line is not None and self._line.is_open:
            return self._line
        self._line = line = await self._library.connect(unasked=self._pass_back)
        if self._login and not is_login:
            try:
                answer = await line.ask(self._login, within_s=self._within_s)
            except AnswerLost as why:
                self._library.rest()
                raise LibraryAway from why
            if not answer.startswith(_LOGGED_IN):
                line.close()
                raise LibraryAway
        return line

    def _pass_back(self, message: bytes) -> None:
        """Pass on what the library says unasked: the line feed after an answer, mostly."""
        if self._is_answering:
            self._held.append(message)
        else:
            with contextlib.suppress(OSError):
                self._writer.write(message)

    def _refused(self, message: bytes, why: str) -> "_Ours":
        """Return our own answer, to be raised.

        :raises HangUp: there is none to such a message
        """
        now = clock.city_time().local(clock.now())
        answer = refusing.refusal(message, says=said(why, refusing.language_of(message)), now=now)
        if answer is None:
            raise HangUp
        log.info("sip2.refused", message=messages.code_of(message).decode("latin-1"), why=why)
        return _Ours(answer)

    def _put_back(self, answer: bytes) -> bytes:
        """Put what the terminal sent where the library's number stands; another number stays."""
        if self._swap is None:
            return answer
        for field in reversed(messages.patron_fields(answer)):
            if messages.value_of(answer, field) == self._swap.sent:
                answer = messages.with_value(answer, field, self._swap.shown)
        return answer
