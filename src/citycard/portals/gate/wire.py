"""What goes over the wire: taps in, answers out. Pure: bytes and values only.

A tap: ``{"epoch": 1, "seq": 5, "at": "2026-11-21T08:30:00+08:00", "number": "1234567890123452"}``,
with ``issuer`` and ``number_kind`` where a reader reads cards of several kinds, and a ``ride`` from
vehicles, gates and docks or a ``sale`` from tills, and ``answered`` where the device answered by
itself. One object, or ``{"taps": [...]}``.
"""

import datetime as dt
import json
from typing import Any, NamedTuple

from citycard.portals.gate.answered_wire import read_answered
from citycard.portals.gate.problems import GateProblem
from citycard.portals.gate.readers import Reader
from citycard.portals.gate.ride_wire import BadRide, read_ride
from citycard.portals.gate.sale_wire import BadSale, read_sale, written_paid
from citycard.taps import api as taps

MOST_TAPS = 500
MOST_NUMBERS = 500
LONGEST_NUMBER = 160  # a code from a phone has 132
LONGEST_WORD = 32
_INT4 = 2**31 - 1
_INT8 = 2**62


class NotTaken(NamedTuple):
    """A tap that can't be read, whose ride or sale can't be right, or that is of an epoch which its
    key does not open: it is answered with why, and nothing of it is kept."""

    epoch: int
    seq: int
    detail: str
    code: taps.Code = taps.Code.BAD_RIDE


def read_taps(body: bytes, reader: Reader) -> tuple[list[taps.TapRead | NotTaken], bool]:
    """Return the taps of a request, and whether it came as a batch.

    Of a batch, a tap that can't be read is answered in its place, and the others are taken.

    :raises GateProblem: it is not JSON, the single tap can't be read, or one of a batch says not
        which it is; then nothing of it is taken
    """
    said = _json(body)
    if "taps" not in said:
        return [_tap(said, _epoch_and_seq(said, ""), reader, "")], False
    given = said["taps"]
    if not isinstance(given, list) or not given:
        raise GateProblem(422, "bad_field", "taps must be a list with at least one tap.")
    if len(given) > MOST_TAPS:
        detail = f"A request carries at most {MOST_TAPS} taps; this one has {len(given)}."
        raise GateProblem(413, "too_many_taps", detail)
    return [_tap_of_batch(one, reader, f"taps[{i}].") for i, one in enumerate(given)], True


def read_numbers(body: bytes, reader: Reader) -> tuple[list[taps.CardRead], bool]:
    """Return the card numbers of a conversion request, and whether it came as a batch.

    :raises GateProblem: as ``read_taps``
    """
    said = _json(body)
    if "cards" not in said:
        return [_number(said, reader, "")], False
    given = said["cards"]
    if not isinstance(given, list) or not given:
        raise GateProblem(422, "bad_field", "cards must be a list with at least one card.")
    if len(given) > MOST_NUMBERS:
        raise GateProblem(
            413, "too_many_cards", f"A request asks for at most {MOST_NUMBERS} cards."
        )
    return [_number(one, reader, f"cards[{i}].") for i, one in enumerate(given)], True


_WRITE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def written(answers: list[dict[str, Any]], *, key: str, as_batch: bool) -> bytes:
    """Return answers as bytes; the same answer is always the same bytes."""
    said: Any = {key: answers} if as_batch else answers[0]
    return _WRITE(said).encode()


def written_one(read: taps.TapRead, answer: taps.TapAnswer) -> bytes:
    """Return the answer to a single tap as bytes, the same that ``written`` gives."""
    if answer.agency_number is not None or answer.paid is not None or answer.profile:
        return written([tap_answer(read, answer)], key="answers", as_batch=False)
    said = (read.epoch, read.seq, _WORDS[answer.code], answer.points)
    return b'{"epoch":%d,"seq":%d,"code":"%s","points":%d}' % said


_WORDS = {code: code.word.encode() for code in taps.Code}


def tap_answer(read: taps.TapRead, answer: taps.TapAnswer) -> dict[str, Any]:
    """Return all that a reader learns of a tap."""
    said: dict[str, Any] = {
        "epoch": read.epoch,
        "seq": read.seq,
        "code": answer.code.word,
        "points": answer.points,
    }
    if answer.agency_number is not None:
        said["agency_number"] = answer.agency_number
    if answer.paid is not None:
        said["paid"] = written_paid(answer.paid)
    if answer.profile:
        said["profile"] = answer.profile
    return said


def not_taken(tap: NotTaken) -> dict[str, Any]:
    """Return what a reader learns of a tap that was not taken."""
    return {
        "epoch": tap.epoch,
        "seq": tap.seq,
        "code": tap.code.word,
        "points": 0,
        "detail": tap.detail,
    }


def _json(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise GateProblem(400, "not_json", "The body must be one JSON object in UTF-8.") from None
    if not isinstance(said, dict):
        raise GateProblem(400, "not_json", "The body must be one JSON object in UTF-8.")
    return said


def _tap_of_batch(said: Any, reader: Reader, where: str) -> taps.TapRead | NotTaken:
    """Read a tap that others stand beside: once it says which it is, only itself is refused."""
    epoch, seq = named = _epoch_and_seq(said, where)
    try:
        return _tap(said, named, reader, where)
    except GateProblem as why:
        return NotTaken(epoch, seq, why.detail, taps.Code.BAD_TAP)


def _epoch_and_seq(said: Any, where: str) -> tuple[int, int]:
    if not isinstance(said, dict):
        raise GateProblem(422, "bad_field", f"{where.rstrip('.')} must be an object.")
    return _whole(said, "epoch", 1, _INT4, where), _whole(said, "seq", 0, _INT8, where)


def _tap(
    said: dict[str, Any], named: tuple[int, int], reader: Reader, where: str
) -> taps.TapRead | NotTaken:
    issuer, kind, number = _number(said, reader, where)
    at = _instant(said, where)
    read = taps.TapRead(reader.device_id, *named, at, issuer, kind, number)
    if read.epoch > reader.epoch:
        detail = f"This key is of epoch {reader.epoch}; a later epoch has a key of its own."
        return NotTaken(read.epoch, read.seq, detail, taps.Code.READER_REVOKED)
    try:
        if "ride" in said:
            read = read._replace(ride=read_ride(said["ride"], f"{where}ride"))
        if "sale" in said:
            read = read._replace(sale=read_sale(said["sale"], f"{where}sale"))
        if "answered" in said:
            read = read._replace(answered=read_answered(said["answered"], f"{where}answered"))
    except BadRide as why:
        return NotTaken(read.epoch, read.seq, str(why))
    except BadSale as why:
        return NotTaken(read.epoch, read.seq, str(why), taps.Code.BAD_SALE)
    return read


def _number(said: Any, reader: Reader, where: str) -> taps.CardRead:
    if not isinstance(said, dict):
        raise GateProblem(422, "bad_field", f"{where.rstrip('.')} must be an object.")
    return taps.CardRead(
        _word(said, "issuer", LONGEST_WORD, where) if "issuer" in said else reader.issuer,
        _word(said, "number_kind", LONGEST_WORD, where)
        if "number_kind" in said
        else reader.number_kind,
        _word(said, "number", LONGEST_NUMBER, where),
    )


def _word(said: dict[str, Any], field: str, longest: int, where: str) -> str:
    value = said.get(field)
    # NUL is JSON, but no text of the database.
    if isinstance(value, str) and 0 < len(value) <= longest and value.isprintable():
        return value
    detail = f"{where}{field} must be a text of 1 to {longest} printable characters."
    raise GateProblem(422, "bad_field", detail, field=field, most=longest)


def _whole(said: dict[str, Any], field: str, least: int, most: int, where: str) -> int:
    value = said.get(field)
    if type(value) is int and least <= value <= most:
        return value
    detail = f"{where}{field} must be a whole number from {least} to {most}."
    raise GateProblem(422, "bad_field", detail, field=field, least=least, most=most)


def _instant(said: dict[str, Any], where: str) -> dt.datetime:
    value = said.get("at")
    try:
        if isinstance(value, str) and (instant := dt.datetime.fromisoformat(value)).tzinfo:
            return instant.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        pass
    detail = f"{where}at must be a time with its zone, such as 2026-11-21T08:30:00+08:00."
    raise GateProblem(422, "bad_field", detail, field="at")
