"""The role matrix: every view stands behind a door that lets in whom it names, and nobody else."""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from citycard.agencies import api as agencies
from citycard.identity import api as identity
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM, Actor
from citycard.portals import doors

NOW = dt.datetime(2026, 11, 21, 1, 0, tzinfo=dt.UTC)

# Views of the house itself: they show no person and no case.
OUTSIDE_THE_DOORS = ("citycard.infra.web.", "citycard.config.", "django.views.")
EXAMPLE = {
    "uuid": "11111111-1111-1111-1111-111111111111",
    "int": "1",
    "slug": "x",
    "str": "x",
    "path": "x",
}
STAFF_ROLES = ("clerk", "reviewer", "organiser", "finance", "operator", "officer", "auditor")


def patterns(
    resolver: URLResolver | None = None, before: str = "/"
) -> Iterator[tuple[str, URLPattern]]:
    """Yield every address of the city with its view."""
    for entry in (resolver or get_resolver()).url_patterns:
        here = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns(entry, here)
        else:
            yield _filled(here), entry


def _filled(route: str) -> str:
    return re.sub(r"<(?:(\w+):)?\w+>", lambda found: EXAMPLE[found.group(1) or "str"], route)


def view_name(entry: URLPattern) -> str:
    return f"{entry.callback.__module__}.{entry.callback.__qualname__}"


ROUTES = [
    pytest.param(address, entry, id=address)
    for address, entry in patterns()
    if not view_name(entry).startswith(OUTSIDE_THE_DOORS)
]


def keeper_of(entry: URLPattern) -> doors.Door:
    keeper = getattr(entry.callback, "door", None)
    assert isinstance(keeper, doors.Door), f"no @door on {view_name(entry)}"
    return keeper


@pytest.mark.parametrize(("address", "entry"), ROUTES)
def test_every_view_stands_behind_a_door_of_known_roles(address: str, entry: URLPattern) -> None:
    keeper = keeper_of(entry)
    known = set(current_pack().table("purposes")["roles"]) | doors.DEVICES | doors.ANYONE
    assert keeper.roles, "a door that names nobody lets nobody in"
    assert keeper.roles <= known, f"unknown roles {sorted(keeper.roles - known)}"
    assert not (keeper.is_public and (keeper.level or keeper.member))


@pytest.fixture(scope="module")
def browsers(fresh_database: Any) -> dict[str, Client]:
    """A browser for each role, and one in which nobody is signed in."""
    found = {"nobody": Client()}
    with unit_of_work():
        agencies.activate(pack=current_pack(), now=NOW)
        for role in STAFF_ROLES:
            staff_id = agencies.add_staff(
                username=role,
                display_name=role,
                agency="office-daan",
                counter="office-daan",
                roles=[role],
                actor=SYSTEM,
                now=NOW,
            )
            identity.open_staff_account(
                staff_id=staff_id, password="correct horse battery", actor=SYSTEM, now=NOW
            )
        (resident,) = identity.open_accounts(
            accounts=[identity.NewAccount(member_id=1, level=1)], actor=SYSTEM, now=NOW
        )
    for role in STAFF_ROLES:
        who = agencies.staff_by_username(username=role)
        assert who is not None
        account = identity.account_of_staff(staff_id=who.staff_id)
        assert account is not None
        found[role] = signed_in(account.account_id, account.level)
    assert resident is not None
    found["resident"] = signed_in(resident, 1)
    return found


def signed_in(account_id: int, level: int) -> Client:
    browser = Client()
    session = browser.session
    session["account_id"], session["level"] = account_id, level
    session.save()
    return browser


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(("address", "entry"), ROUTES)
def test_whom_a_door_does_not_name_it_does_not_let_in(
    browsers: dict[str, Client], address: str, entry: URLPattern, method: str
) -> None:
    keeper = keeper_of(entry)
    if keeper.is_public:
        return
    for role, browser in browsers.items():
        if role in keeper.roles:
            continue
        answer = getattr(browser, method)(address)
        where = f"{role} {method} {address}: {answer.status_code}"
        if role == "nobody":
            assert answer.status_code in (302, 401, 405), where
            assert answer.status_code != 302 or not keeper.roles <= doors.DEVICES, where
            if answer.status_code == 302:
                assert answer["Location"].split("?")[0] in (
                    doors.RESIDENT_SIGN_IN,
                    doors.STAFF_SIGN_IN,
                ), where
        else:
            assert answer.status_code in (403, 405), where


def actor(*roles: str, level: int = 0, member_id: int | None = None) -> Actor:
    return Actor(id="x", kind="resident", roles=frozenset(roles), level=level, member_id=member_id)


class TestADoor:
    """What a door itself decides."""

    def test_lets_anyone_in_where_anyone_may(self) -> None:
        doors.Door(view="v", roles=doors.ANYONE).check(doors.NOBODY)

    def test_names_what_is_missing(self) -> None:
        door = doors.Door(view="v", roles=frozenset({"resident"}), level=2, member=True)
        with pytest.raises(doors.SignInFirst):
            door.check(doors.NOBODY)
        with pytest.raises(doors.RoleMissing):
            door.check(actor("clerk", level=3))
        with pytest.raises(doors.LevelTooLow) as low:
            door.check(actor("resident", level=1, member_id=7))
        assert low.value.facts == {"level": 1, "needed": 2}
        with pytest.raises(doors.NotAMemberYet):
            door.check(actor("resident", level=2))
        door.check(actor("resident", level=2, member_id=7))


@pytest.mark.parametrize("path", ["/", "/me/?tab=1"])
def test_who_is_nobody_signs_in_and_comes_back(fresh_database: Any, path: str) -> None:
    answer = Client().get(path)
    if answer.status_code == 302:
        assert answer["Location"] == f"/sign-in/?next={quote(path, safe='')}"


def test_a_device_comes_in_by_its_key_alone(browsers: dict[str, Client], rf: Any) -> None:
    with unit_of_work():
        (kiosk,) = agencies.enrol_devices(
            devices=[
                agencies.NewDevice(
                    code="K-1", kind="kiosk", agency="office-daan", place="x", service="kiosk"
                )
            ],
            actor=SYSTEM,
            now=NOW,
        )

    def comes(credentials: str) -> Actor:
        request = rf.get("/", headers={"Authorization": credentials})
        request.session = browsers["nobody"].session
        doors.ActorMiddleware(lambda request: None)(request)
        return doors.actor_of(request)

    assert comes(f"Reader K-1:{kiosk.key}").roles == {"kiosk"}
    assert comes(f"Reader K-1:{kiosk.key}").id == "device:K-1"
    for wrong in ("Reader K-1:nonsense", f"Reader K-2:{kiosk.key}", "Reader K-1", "Bearer x", ""):
        assert not comes(wrong).roles
    with unit_of_work():
        agencies.revoke_device(device_id=kiosk.device_id, actor=SYSTEM, now=NOW)
    assert not comes(f"Reader K-1:{kiosk.key}").roles
