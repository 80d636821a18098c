"""A stolen dump and a leaked log: no ID number, no contact point, no key and no token in clear."""

import base64
import datetime as dt
import json
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

import httpx
import pytest

from citycard.infra.packs import find_pack
from citycard.simulation.building import NEWCOMERS
from citycard.simulation.drawing import Person, draw, draw_personas
from citycard.simulation.world import WEEKS_OF_LIFE
from tests.harness.databases import Databases
from tests.harness.live import RESIDENTS, LiveCity
from tests.harness.patience import PATIENCE_S

MAIL = "somebody.in.the.city@example.test"


@pytest.fixture(scope="module")
def population(live_city: LiveCity) -> list[Person]:
    """The very people of the demo city, drawn again."""
    pack = find_pack(live_city.code)
    (on,) = live_city.sql("SELECT max(gives.starts_at) FROM activities_campaign gives")[0]
    today = pack.time.day(on) + dt.timedelta(weeks=WEEKS_OF_LIFE)
    people = draw(pack=pack, count=RESIDENTS + NEWCOMERS, on=today, seed=1)
    families = draw_personas(pack=pack, on=today, seed=1, first=len(people))
    return people + [person for family in families.values() for person in family]


@pytest.fixture(scope="module")
def tokens(live_city: LiveCity, population: list[Person]) -> dict[str, str]:
    """Live a little, clumsily; return every secret that was handed out meanwhile."""
    resident = live_city.persona("resident")
    for page in ("/", "/points/", "/me/", "/me/access/", "/cases/", "/nowhere/"):
        resident.client.get(page)
    number = population[0].id_number
    resident.client.get("/services/", params={"q": number})
    resident.client.get(f"/services/{number}/")
    clerk = live_city.persona("clerk")
    clerk.client.get("/counter/", params={"q": number})
    clerk.client.get("/counter/", params={"q": population[0].name})
    stranger = live_city.visitor()
    stranger.open("/sign-in/")
    stranger.send("/sign-in/", {"email": MAIL})
    stranger.client.post("/sign-in/code/", data={"code": "000000"})
    reader = live_city.device(kind="reader")
    with httpx.Client(base_url=live_city.gate, timeout=PATIENCE_S) as gate:
        body = {"seq": 987654, "at": "2026-01-01T00:00:00Z", "number": number}
        gate.post("/taps", json=body, headers=reader.headers)
        gate.post("/taps", content=number.encode(), headers=reader.headers)
        gate.post("/taps", json=body, headers={"Authorization": f"Reader {reader.code}:wrong-key"})
    given = {f"cookie {name}": value for name, value in _cookies([resident, clerk, stranger])}
    devices = json.loads((live_city.directory / "keys" / "demo-devices.json").read_text())
    return given | {f"key of {code}": it["key"] for code, it in devices.items()}


def test_a_dump_shows_no_number_no_key_and_no_token(
    live_city: LiveCity, databases: Databases, population: list[Person], tokens: dict[str, str]
) -> None:
    dumped = subprocess.run(
        [databases.cluster.bin / "pg_dump", live_city.database.owner_url],
        capture_output=True,
        check=True,
    ).stdout
    assert b"people_member" in dumped
    assert population[0].name.encode() in dumped  # names are in clear, and the docs say so
    wanted = {f"ID number of person {one.n}": one.id_number for one in population}
    wanted |= tokens | _keys(live_city) | {"e-mail": MAIL}
    wanted |= {
        f"phone of person {p.n}": f"09{p.n % 100_000_000:08d}" for p in population if p.n > 9
    }
    assert _found(wanted, dumped) == []


def test_a_log_shows_no_number_no_name_and_no_token(
    live_city: LiveCity, databases: Databases, population: list[Person], tokens: dict[str, str]
) -> None:
    logs = live_city.logs() | {"postgres": databases.cluster.place.log.read_text(errors="replace")}
    assert len(logs) >= 4
    wanted = {f"ID number of person {one.n}": one.id_number for one in population}
    wanted |= {f"name of person {one.n}": one.name for one in population}
    wanted |= tokens | _keys(live_city) | {"e-mail": MAIL}
    for name, text in logs.items():
        assert (name, _found(wanted, text.encode())) == (name, [])


def test_two_agencies_exports_share_no_equal_value(live_city: LiveCity) -> None:
    rows = live_city.sql("SELECT agency, member_key FROM cards_agency_link")
    keys: dict[str, set[bytes]] = {}
    for agency, key in rows:
        keys.setdefault(agency, set()).add(bytes(key))
    assert len(keys) >= 2
    sets = list(keys.values())
    assert not sets[0] & sets[1]


def _found(wanted: dict[str, str], text: bytes) -> list[str]:
    """Return the names of what is in a text, as it is or as hexadecimal digits."""
    return [
        what
        for what, value in wanted.items()
        if _stands(value.encode(), text) or value.encode().hex().encode() in text
    ]


def _stands(value: bytes, text: bytes) -> bool:
    """Whether a value stands in a text by itself.

    Among the digits of some ten thousand hashes, ten that are a phone number turn up by chance.
    """
    if value not in text:
        return False
    digit = b"[0-9a-f]"
    return re.search(b"(?<!%b)%b(?!%b)" % (digit, re.escape(value), digit), text) is not None


def _keys(live_city: LiveCity) -> dict[str, str]:
    document = json.loads(Path(live_city.environment["CITYCARD_KEYS"]).read_text())
    found = {"mac": document["mac"], "sign": document["sign"], **document["seal"]}
    as_text = {f"key {name}": str(value) for name, value in found.items()}
    return as_text | {
        f"key {name}, raw": base64.b64decode(value).hex() for name, value in found.items()
    }


def _cookies(visitors: Iterable[object]) -> Iterable[tuple[str, str]]:
    for n, visitor in enumerate(visitors):
        for cookie in visitor.client.cookies.jar:
            if cookie.value and len(cookie.value) > 15:
                yield f"{cookie.name} {n}", cookie.value
