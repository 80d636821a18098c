"""Devices: epochs, places in two times, what they say of themselves, and profiles of firmware."""

import datetime as dt

import pytest

from citycard.agencies import api as agencies
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 21, 1, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def activated(db: None) -> None:
    with unit_of_work():
        agencies.activate(pack=current_pack(), now=NOW)


def enrol(*codes: str, at: dt.datetime = NOW, **more: object) -> list[agencies.EnrolledDevice]:
    told = {"kind": "reader", "agency": "library", "place": "library-main"}
    told |= {"service": "library-loan"}
    anew = bool(more.pop("anew", False))
    new = [agencies.NewDevice(**{**told, **more, "code": code}) for code in codes]
    with unit_of_work():
        return agencies.enrol_devices(devices=new, actor=SYSTEM, now=at, anew=anew)


def move(device: agencies.EnrolledDevice, place: str, since: dt.datetime, now: dt.datetime) -> None:
    there = agencies.DeviceMove(
        device_id=device.device_id or 0,
        agency="library",
        place=place,
        service="library-loan",
        since=since,
    )
    with unit_of_work():
        agencies.move_devices(moves=[there], actor=SYSTEM, now=now)


def places(device: agencies.EnrolledDevice) -> list[tuple[str, object, object]]:
    posts = agencies.device_posts(device_id=device.device_id or 0)
    return [(post.place, post.since, post.until) for post in posts]


def test_a_device_set_up_anew_begins_an_epoch_and_never_uses_a_number_twice() -> None:
    [first] = enrol("R-1")
    [again] = enrol("R-1", anew=True, at=NOW + HOUR)
    assert (again.device_id, again.epoch) == (first.device_id, 2)
    assert agencies.device_by_key(code="R-1", key=first.key or "") is None
    assert agencies.device_by_key(code="R-1", key=again.key or "") is not None
    epochs = agencies.device_epochs(device_id=first.device_id or 0)
    assert [(one.epoch, one.why) for one in epochs] == [(2, "set_up_anew"), (1, "enrolled")]


def test_only_a_device_in_service_at_the_same_agency_is_set_up_anew() -> None:
    [gone, _] = enrol("R-1", "R-2")
    with unit_of_work():
        agencies.revoke_device(device_id=gone.device_id or 0, actor=SYSTEM, now=NOW, because="lost")
    enrol("R-3", agency="sports", place="", service="sports-visit")
    found = enrol("R-1", "R-2", "R-2", "R-3", "R-4", "R-4", anew=True)
    assert [one.epoch if one.key else None for one in found] == [None, 2, None, None, 1, None]
    assert agencies.device(device_id=gone.device_id or 0).revoked_because == "lost"


def test_a_move_is_kept_in_two_times() -> None:
    [device] = enrol("R-1")
    assert places(device) == [("library-main", None, None)]
    moved = NOW + 10 * HOUR
    move(device, "library-east", moved, moved)
    assert places(device) == [("library-east", moved, None), ("library-main", None, moved)]
    # it turns out that it had been taken there two hours before
    earlier = moved - 2 * HOUR
    move(device, "library-east", earlier, moved)
    assert places(device) == [("library-east", earlier, None), ("library-main", None, earlier)]
    assert agencies.device(device_id=device.device_id or 0).place == "library-east"
    with pytest.raises(agencies.MovesLater):
        move(device, "library-main", moved + HOUR, moved)
    assert agencies.verify() == []


def test_a_device_set_up_anew_elsewhere_has_moved() -> None:
    [device] = enrol("R-1")
    enrol("R-1", place="library-east", anew=True, at=NOW + HOUR)
    assert [place for place, _, _ in places(device)] == ["library-east", "library-main"]
    assert agencies.verify() == []


def test_what_a_device_says_of_itself_is_kept_until_it_says_otherwise() -> None:
    [device] = enrol("R-1")
    said = agencies.Heard(device_id=device.device_id or 0, firmware="box/1.2", backlog=7, skew_ms=0)
    nothing = agencies.Heard(device_id=device.device_id or 0, skew_ms=4_000)
    for minutes, heard in ((1, said), (2, nothing), (2, said)):
        with unit_of_work():
            agencies.note_heard(heard=[heard], now=NOW + dt.timedelta(minutes=minutes))
    found = agencies.device(device_id=device.device_id or 0)
    assert (found.firmware, found.backlog) == ("box/1.2", 7)
    assert found.skew_ms == 1_000, "a quarter of the way, and an old word changes nothing"


def test_refused_uploads_are_counted_by_day_and_problem() -> None:
    [device] = enrol("R-1")
    once = agencies.UploadsRefused(
        device_id=device.device_id or 0, problem="unknown_reader", times=3
    )
    for days in (0, 1, 1):
        with unit_of_work():
            at = NOW + dt.timedelta(days=days)
            agencies.note_refused_uploads(refused=[once], now=at)
    [found] = agencies.refused_uploads(since=NOW.date(), device_id=device.device_id)
    assert (found.problem, found.times, found.last_at) == ("unknown_reader", 9, at)
    [lately] = agencies.refused_uploads(since=NOW.date() + dt.timedelta(days=1))
    assert lately.times == 6


def test_the_packs_profiles_say_how_readers_read() -> None:
    known = agencies.reader_profiles()
    assert known["easycard_uid_reversed"].number_kind == "uid_reversed"
    assert known["easycard_printed"].serves("bike-hire", "transit")
    assert not known["city_virtual_code"].serves("concession-ride", "transit")
    unknown = agencies.reader_profile(code="dragon_scale")
    assert (unknown.issuer, unknown.number_kind) == ("dragon", "scale")
    assert unknown.serves("concession-ride", "transit")


@pytest.mark.parametrize(
    ("firmware", "state"),
    [
        ("", "untold"),
        ("box/1.9", "too_old"),
        ("box/1.10", "known"),
        ("box/1.10.1", "unknown"),
        ("box/new", "unknown"),
        ("fridge/1.0", "unknown"),
    ],
)
def test_old_firmware_may_not_serve(firmware: str, state: str) -> None:
    name = {"zh-Hant": "盒子", "en": "Box"}
    table = {
        "uses": {"shop": {"name": name, "categories": ["shopping"]}},
        "firmware": {"box": {"oldest": "1.10", "known": ["1.10", "1.11"]}},
        "profiles": {
            "a": {
                "name": name,
                "issuer": "easycard",
                "number": "printed",
                "serves": ["shop"],
                "firmware": ["box"],
            },
            "b": {"name": name, "issuer": "dragon", "number": "scale", "serves": ["shop"]},
        },
    }
    [profile] = agencies.read_profiles(table=table, issuers={"easycard"}).values()
    assert profile.state_of(firmware) == state
