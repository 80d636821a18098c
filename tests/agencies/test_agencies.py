"""Agencies follow the pack; staff hold the pack's roles; a device's key is shown once."""

import datetime as dt

import pytest

from citycard.agencies import api as agencies
from citycard.infra.crypto import hash_token
from citycard.infra.database import execute, rows
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 21, 1, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def activated(db: None) -> None:
    with unit_of_work():
        agencies.activate(pack=current_pack(), now=NOW)


def add(username: str = "wang", **changes: object) -> int:
    values = {
        "username": username,
        "display_name": "王專員",
        "agency": "office-daan",
        "counter": "office-daan",
        "roles": ["clerk"],
    }
    with unit_of_work():
        return agencies.add_staff(**{**values, **changes}, actor=SYSTEM, now=NOW)


def enrol(*devices: agencies.NewDevice) -> list[agencies.EnrolledDevice]:
    with unit_of_work():
        return agencies.enrol_devices(devices=devices, actor=SYSTEM, now=NOW)


def reader(code: str = "R-1", agency: str = "library") -> agencies.NewDevice:
    return agencies.NewDevice(
        code=code, kind="reader", agency=agency, place="library-main", service="library-loan"
    )


def test_the_directory_is_the_packs() -> None:
    assert agencies.agency(code="library").name.en == "Taipei Public Library"
    assert agencies.agency(code="library").under == "education"
    assert {one.code for one in agencies.counters(agency="office-daan")} == {"office-daan"}
    assert {one.kind for one in agencies.places()} == {"place", "kiosk"}
    with pytest.raises(agencies.NoSuchAgency):
        agencies.agency(code="nobody")


def test_activating_twice_changes_nothing() -> None:
    before = agencies.agencies(), agencies.places(), agencies.counters()
    with unit_of_work():
        agencies.activate(pack=current_pack(), now=NOW)
    assert (agencies.agencies(), agencies.places(), agencies.counters()) == before


def test_what_the_pack_no_longer_has_becomes_inactive() -> None:
    execute(
        'INSERT INTO agencies_agency VALUES (\'old\', \'{"zh-Hant": "舊", "en": "Old"}\','
        " 'bureau', '', false, true)"
    )
    with unit_of_work():
        agencies.activate(pack=current_pack(), now=NOW)
    assert "old" not in {one.code for one in agencies.agencies()}
    assert agencies.agency(code="old").name.en == "Old"  # old records still name it


def test_staff_are_found_by_name_in_any_case() -> None:
    staff_id = add("Wang")
    found = agencies.staff_by_username(username="wANG")
    assert found == agencies.staff(staff_id=staff_id)
    assert found is not None
    assert found.roles == {"clerk"}


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"agency": "nobody"}, agencies.NoSuchAgency),
        ({"counter": "nowhere"}, agencies.NoSuchCounter),
        ({"counter": "office-xinyi"}, agencies.CounterOfAnotherAgency),
        ({"roles": ["resident"]}, agencies.UnknownRole),
        ({"roles": ["emperor"]}, agencies.UnknownRole),
        ({"roles": []}, agencies.UnknownRole),
    ],
)
def test_staff_who_do_not_fit_are_refused(changes: dict, refusal: type) -> None:
    with pytest.raises(refusal):
        add(**changes)


def test_a_user_name_is_one_persons() -> None:
    add("wang")
    with pytest.raises(agencies.UsernameTaken):
        add("WANG")


def test_roles_and_service_end() -> None:
    staff_id = add()
    with unit_of_work():
        agencies.change_staff(
            staff_id=staff_id, roles=["reviewer"], active=False, actor=SYSTEM, now=NOW
        )
    assert agencies.staff(staff_id=staff_id).roles == {"reviewer"}
    assert not agencies.staff(staff_id=staff_id).active


def test_a_key_is_shown_once_and_kept_as_a_hash() -> None:
    (device,) = enrol(reader())
    assert device.key
    stored = rows("SELECT t::text AS row FROM agencies_device t")[0].row
    assert device.key not in stored
    (gate,) = agencies.devices_for_gate()
    assert gate.key_hash == hash_token(device.key)
    assert (gate.issuer, gate.number_kind) == ("easycard", "printed")


def test_a_bad_row_leaves_the_others() -> None:
    enrol(reader("R-1"))
    used, homeless, fine = enrol(reader("R-1"), reader("R-2", "nobody"), reader("R-3"))
    assert used.refusal == agencies.DeviceCodeUsed(device="R-1")
    assert homeless.refusal == agencies.DeviceNeedsAgency(device="R-2", agency="nobody")
    assert fine.key
    assert used.key is None
    assert [one.code for one in agencies.devices(agency="library")] == ["R-1", "R-3"]


def test_a_new_key_begins_an_epoch_and_kills_the_old_one() -> None:
    (device,) = enrol(reader())
    with unit_of_work():
        rotated = agencies.rotate_device_key(device_id=device.device_id, actor=SYSTEM, now=NOW)
    (gate,) = agencies.devices_for_gate()
    assert (rotated.epoch, gate.epoch) == (2, 2)
    assert gate.key_hash == hash_token(rotated.key) != hash_token(device.key)


def test_a_revoked_device_stays_revoked() -> None:
    (device,) = enrol(reader())
    for _ in range(2):
        with unit_of_work():
            agencies.revoke_device(device_id=device.device_id, actor=SYSTEM, now=NOW)
    assert agencies.devices_for_gate()[0].state == "revoked"
    with unit_of_work(), pytest.raises(agencies.DeviceIsRevoked):
        agencies.rotate_device_key(device_id=device.device_id, actor=SYSTEM, now=NOW)
    with unit_of_work(), pytest.raises(agencies.NoSuchDevice):
        agencies.revoke_device(device_id=0, actor=SYSTEM, now=NOW)


def test_being_seen_never_goes_back_in_time() -> None:
    (device,) = enrol(reader())
    for minutes in (5, 1):
        with unit_of_work():
            agencies.note_seen(
                device_ids=[device.device_id], now=NOW + dt.timedelta(minutes=minutes)
            )
    assert agencies.device(device_id=device.device_id).last_seen_at == NOW + dt.timedelta(minutes=5)


def test_verify_names_staff_whose_role_is_gone() -> None:
    staff_id = add()
    assert agencies.verify() == []
    execute("UPDATE agencies_staff SET roles = '{emperor}' WHERE id = %s", [staff_id])
    assert [one.about for one in agencies.verify()] == [f"staff {staff_id}"]
