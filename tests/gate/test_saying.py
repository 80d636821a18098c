"""What a reader says of itself, and which readers' firmware may serve."""

import datetime as dt

import pytest

from citycard.agencies import api as agencies
from citycard.infra.crypto import hash_token
from citycard.portals.gate.problems import GateProblem
from citycard.portals.gate.readers import Reader, ReaderTable
from citycard.portals.gate.saying import Said, firmware_of
from citycard.portals.gate.wire import NotTaken, read_taps
from citycard.taps import api as taps

AT = dt.datetime(2026, 11, 21, 1, 0, tzinfo=dt.UTC)


def tap(seconds_ago: float) -> taps.TapRead:
    at = AT - dt.timedelta(seconds=seconds_ago)
    return taps.TapRead(1, 1, 1, at, "easycard", "printed", "1234567890123452")


def heard(*uploads: tuple[dict[bytes, bytes], taps.TapRead | None]) -> agencies.Heard:
    said = Said()
    for headers, last in uploads:
        said.add(list(headers.items()), AT.timestamp(), last)
    return said.heard(7)


def test_a_clock_is_told_by_the_median_of_fresh_taps() -> None:
    lags = (0.2, 30.0, 0.4, 86_400.0, 0.3)
    assert heard(*(({}, tap(lag)) for lag in lags)).skew_ms == 350
    assert heard(({}, tap(-3_600))).skew_ms == -3_600_000, "it runs an hour ahead"
    assert heard(({}, tap(86_400)), ({}, None)).skew_ms is None, "a late tap says nothing"


def test_the_time_of_sending_says_more_than_a_late_tap() -> None:
    date = {b"date": b"Sat, 21 Nov 2026 00:58:00 GMT"}
    assert heard((date, tap(86_400))).skew_ms == 120_000
    assert heard(({b"date": b"yesterday"}, tap(1))).skew_ms == 1_000


@pytest.mark.parametrize(
    ("agent", "firmware"),
    [
        (b"box/1.4 (linux)", "box/1.4"),
        (b"box", ""),
        (b"\xff/1", ""),
        (b"a" * 60 + b"/1", ""),
        (b"", ""),
    ],
)
def test_firmware_is_a_product_and_a_version(agent: bytes, firmware: str) -> None:
    assert firmware_of([(b"user-agent", agent)]) == firmware


def test_a_backlog_is_a_number_or_nothing() -> None:
    for said, meant in ((b"12", 12), (b"-1", None), (b"9" * 30, None), (b"9" * 12, 2**31 - 1)):
        assert heard(({b"backlog": said}, None)).backlog == meant


def reader(**more: object) -> Reader:
    known = Reader(1, "R1", "doit", "activity", "easycard", "printed", True, hash_token("key"))
    return known._replace(**more)


def test_a_reader_whose_firmware_is_too_old_serves_again_once_it_is_written_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    firmware = {"box": agencies.Firmware(oldest="2.0", known=("2.0",))}
    profile = agencies.reader_profile(code="easycard_printed")
    profile = agencies.ReaderProfile(**{**vars(profile), "firmware": firmware})
    monkeypatch.setattr(agencies, "reader_profile", lambda *, code: profile)
    table = ReaderTable(lambda: [reader(too_old=True)])
    table.start()
    table.stop()
    for agent in (b"", b"box/1.9"):
        with pytest.raises(GateProblem) as refused:
            table.authenticate(b"Reader R1:key", [(b"user-agent", agent)])
        assert (refused.value.status, refused.value.code) == (403, "firmware_too_old")
    assert table.authenticate(b"Reader R1:key", [(b"user-agent", b"box/2.0")]).device_id == 1


def test_a_key_opens_no_later_epoch() -> None:
    body = b'{"epoch": 3, "seq": 1, "at": "2026-11-21T08:30:00+08:00", "number": "1"}'
    [refused], _ = read_taps(body, reader(epoch=2))
    [taken], _ = read_taps(body, reader(epoch=3))
    assert isinstance(refused, NotTaken)
    assert refused.code is taps.Code.READER_REVOKED
    assert isinstance(taken, taps.TapRead)
