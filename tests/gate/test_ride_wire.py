"""What a device says of a ride, read from the wire: a part that can't be right refuses its own tap
alone, with a sentence."""

import json
from typing import Any

import pytest

from citycard.portals.gate import wire
from citycard.portals.gate.readers import Reader
from citycard.taps import api as taps
from citycard.taps.deciding import content_hashes

READER = Reader(7, "R-1", "transport", "ride", "easycard", "printed", active=True, key_hash=b"")
OUT: dict[str, Any] = {
    "leg": "out",
    "operator": "ty-bus",
    "route": "5053",
    "stop": "S17",
    "vehicle": "KKA-1234",
    "ticket": "senior",
    "metres": 8_200,
    "charged_ntd": 4,
    "points_taken": 8,
    "purse_after_ntd": -12,
}


def tap(seq: int = 1, **more: Any) -> dict[str, Any]:
    said = {"epoch": 1, "seq": seq, "at": "2026-11-21T08:30:00+08:00", "number": "12345678"}
    return said | more


def content_of(read: taps.TapRead) -> int:
    return int(content_hashes(taps.columns_of(reads=[read]))[0])


def read(*said: dict[str, Any]) -> list[taps.TapRead | wire.NotTaken]:
    found, _ = wire.read_taps(json.dumps({"taps": said}).encode(), READER)
    return found


def test_a_ride_is_taken_over_field_by_field() -> None:
    [found] = read(tap(ride=OUT))
    assert isinstance(found, taps.TapRead)
    assert found.ride == taps.RidePart(**OUT)
    [plain] = read(tap())
    assert isinstance(plain, taps.TapRead)
    assert plain.ride is None


@pytest.mark.parametrize(
    ("ride", "sentence"),
    [
        ("in", "taps[1].ride must be an object."),
        ({}, "taps[1].ride.leg must be one of in, out, whole."),
        (OUT | {"leg": "off"}, "taps[1].ride.leg must be one of in, out, whole."),
        (OUT | {"leg": ["in"]}, "taps[1].ride.leg must be one of in, out, whole."),
        ({"leg": "in"}, "taps[1].ride.operator must name who runs the ride."),
        (OUT | {"operator": 5}, "taps[1].ride.operator must be a text of up to 32 characters."),
        (OUT | {"stop": "a\0"}, "taps[1].ride.stop must be a text of up to 32 characters."),
        (OUT | {"charge_ntd": 5}, "taps[1].ride.charge_ntd is no field of a ride."),
        (OUT | {"metres": -1}, "taps[1].ride.metres must be a whole number from 0 to 2000000."),
        (OUT | {"metres": True}, "taps[1].ride.metres must be a whole number from 0 to 2000000."),
        (OUT | {"charged_ntd": None}, "taps[1].ride.charged_ntd must be a whole number from 0"),
        (OUT | {"points_taken": 1.5}, "taps[1].ride.points_taken must be a whole number from 0"),
        (OUT | {"missed_ntd": 5}, "taps[1].ride.missed_ntd is a part of charged_ntd"),
        (
            {"leg": "whole", "operator": "taxi-1"},
            "taps[1].ride.charged_ntd must say what was charged; 0 where nothing was.",
        ),
    ],
)
def test_a_bad_ride_refuses_its_own_tap_and_no_other(ride: Any, sentence: str) -> None:
    first, second, third = read(tap(1), tap(2, ride=ride), tap(3, ride=OUT))
    assert isinstance(first, taps.TapRead)
    assert isinstance(third, taps.TapRead)
    assert isinstance(second, wire.NotTaken)
    assert (second.epoch, second.seq) == (1, 2)
    assert second.detail.startswith(sentence)
    assert wire.not_taken(second)["code"] == "bad_ride"


def test_what_is_said_of_the_ride_is_part_of_the_tap_s_content() -> None:
    seen = set()
    for ride in (None, OUT, OUT | {"metres": 8_201}, OUT | {"charged_ntd": 5}, OUT | {"stop": ""}):
        [found] = read(tap() if ride is None else tap(ride=ride))
        assert isinstance(found, taps.TapRead)
        seen.add(content_of(found))
    assert len(seen) == 5
    [one] = read(tap(ride=OUT))
    [again] = read(tap(ride=dict(reversed(OUT.items())) | {"missed_ntd": 0}))
    assert isinstance(one, taps.TapRead)
    assert isinstance(again, taps.TapRead)
    assert content_of(one) == content_of(again)
