"""The kiosk's agent by itself: its journal, its writer, its screens, and who may reach its page."""

import contextlib
import threading
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from citycard_kiosk.city import Page, Refusal, Silent
from citycard_kiosk.journal import Journal
from citycard_kiosk.kiosk import Kiosk, Shown
from citycard_kiosk.pages import Pages
from citycard_kiosk.redeeming import Redeemer
from citycard_kiosk.serving import serve
from citycard_kiosk.settings import Settings
from citycard_kiosk.writer import CardGone, Reading, SimulatedWriter
from tests.harness.patience import wait_until

NUMBER = "1000000000000001"
TRAY = [{"id": "1", "number": NUMBER, "label": "卡片", "purse": 100, "counter": 5}]


class FakeCity:
    """A city that answers as told, and remembers what it was asked."""

    code = "KSK-1"

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.states: dict[uuid.UUID, str] = {}
        self.silent_at: set[str] = set()
        self.refuse_at: dict[str, Refusal] = {}

    def _hear(self, step: str) -> None:
        self.asked.append(step)
        if step in self.silent_at:
            raise Silent
        if step in self.refuse_at:
            raise self.refuse_at[step]

    def _told(self, key: uuid.UUID, state: str) -> dict[str, Any]:
        self.states[key] = state
        return {"key": str(key), "state": state, "points": 50, "ntd": 50}

    def hello(self) -> dict[str, Any]:
        self._hear("hello")
        return {"session_seconds": 90}

    def card(self, reading: Reading) -> dict[str, Any]:
        self._hear("card")
        choices = [{"points": 50, "ntd": 50}]
        return {"points": 80, "most": 80, "choices": choices, "ended": [], "why_not": ""}

    def reserve(self, key: uuid.UUID, reading: Reading, points: int) -> dict[str, Any]:
        self._hear("reserve")
        return self._told(key, "reserved")

    def begin_writing(self, key: uuid.UUID) -> dict[str, Any]:
        self._hear("writing")
        return self._told(key, "writing")

    def settle(self, key: uuid.UUID, reading: Mapping[str, Any]) -> dict[str, Any]:
        self._hear("settle")
        return self._told(key, "settled")

    def release(
        self, key: uuid.UUID, why: str, reading: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        self._hear("release")
        if key not in self.states:
            raise Refusal(404, {"code": "not_found"})
        return self._told(key, "released")

    def journal(self, lines: Any) -> None:
        self._hear("journal")

    def redemption(self, key: uuid.UUID) -> dict[str, Any] | None:
        self._hear("redemption")
        return {"state": self.states[key]} if key in self.states else None

    def screen(self, body: Mapping[str, Any]) -> Page:
        self._hear("screen")
        html = f'<h1>{body["stage"]}</h1><i src="/static/x.css">{body["version"]}</i>'
        return Page(html=html, policy="default-src 'self'")

    def fetch(self, path: str) -> httpx.Response:
        self._hear("fetch")
        return httpx.Response(200, content=path.encode(), headers={"Content-Type": "text/css"})


@pytest.fixture
def city() -> FakeCity:
    return FakeCity()


@pytest.fixture
def writer(tmp_path: Path) -> SimulatedWriter:
    made = SimulatedWriter(tmp_path / "cards.db", seconds=0)
    made.lay_out(TRAY)
    return made


@pytest.fixture
def redeemer(tmp_path: Path, city: FakeCity, writer: SimulatedWriter) -> Redeemer:
    writer.put("1")
    return Redeemer(journal=Journal(tmp_path / "journal.db"), writer=writer, city=city)


@pytest.fixture
def kiosk(tmp_path: Path, city: FakeCity, writer: SimulatedWriter) -> Kiosk:
    settings = Settings(
        server="http://127.0.0.1:1",
        port=0,
        state=tmp_path,
        credentials_file=tmp_path / "credentials.json",
        tray_file=tmp_path / "tray.json",
        write_seconds=0,
        recover_seconds=0,
    )
    made = Kiosk(settings, Journal(tmp_path / "journal.db"), writer)
    made.city = city
    return made


def redeem(redeemer: Redeemer) -> str:
    return redeemer.redeem(reading=redeemer.writer.read(), points=50, ntd=50).ending


def state(redeemer: Redeemer) -> str:
    return redeemer.journal.all_lines()[-1].state


class TestRedeeming:
    def test_writes_the_card_once_and_closes_the_journal(
        self, redeemer: Redeemer, city: FakeCity
    ) -> None:
        assert redeem(redeemer) == "settled"
        assert city.asked == ["reserve", "writing", "settle"]
        after = redeemer.writer.read()
        assert (after.purse, after.counter, after.recent[0].terminal) == (150, 6, "KSK-1")
        assert redeemer.journal.open_lines() == []

    @pytest.mark.parametrize("step", ["reserve", "writing"])
    def test_touches_nothing_without_leave(
        self, redeemer: Redeemer, city: FakeCity, step: str
    ) -> None:
        city.silent_at = {step, "release"}
        assert redeem(redeemer) == "offline"
        assert (redeemer.writer.read().purse, state(redeemer)) == (100, "untouched")
        assert redeemer.recover() == {} or state(redeemer) == "untouched"
        city.silent_at = set()
        assert [one.ending for one in redeemer.recover().values()] == ["given_back"]

    def test_tells_a_refusal_and_gives_back(self, redeemer: Redeemer, city: FakeCity) -> None:
        city.refuse_at["writing"] = Refusal(422, {"code": "redemptions.reservation_expired"})
        ended = redeemer.redeem(reading=redeemer.writer.read(), points=50, ntd=50)
        assert ended.refusal is not None
        assert ended.refusal.code == "redemptions.reservation_expired"
        assert city.asked[-1] == "release"
        assert redeemer.writer.read().purse == 100

    def test_reports_later_what_it_could_not_report(
        self, redeemer: Redeemer, city: FakeCity
    ) -> None:
        city.silent_at = {"settle"}
        assert redeem(redeemer) == "settled"
        assert state(redeemer) == "written"
        city.silent_at = set()
        assert [one.ending for one in redeemer.recover().values()] == ["settled"]
        assert redeemer.writer.read().purse == 150
        assert redeemer.recover() == {}

    def test_a_card_taken_away_is_asked_when_it_is_back(
        self, redeemer: Redeemer, city: FakeCity, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        writer = redeemer.writer
        assert isinstance(writer, SimulatedWriter)

        def gone(**_: Any) -> Reading:
            writer.take()
            raise CardGone

        monkeypatch.setattr(writer, "load", gone)
        assert redeem(redeemer) == "taken_away"
        assert redeemer.recover() == {}, "nobody can know yet"
        writer.put("1")
        (key,) = [line.key for line in redeemer.journal.open_lines()]
        city.states[key] = "released"  # what the city concluded from the card
        assert [one.ending for one in redeemer.recover().values()] == ["given_back"]
        assert city.asked[-2:] == ["card", "redemption"]

    def test_another_card_on_the_pad_is_not_written(
        self, redeemer: Redeemer, city: FakeCity
    ) -> None:
        reading = redeemer.writer.read()
        assert isinstance(redeemer.writer, SimulatedWriter)
        redeemer.writer.take()
        assert redeemer.redeem(reading=reading, points=50, ntd=50).ending == "given_back"
        assert redeemer.writer.look_at(NUMBER).purse == 100


@pytest.mark.parametrize("leaves_at", ["writing", "load"])
def test_a_card_that_was_elsewhere_meanwhile_is_not_written(
    redeemer: Redeemer, city: FakeCity, leaves_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kiosk A, kiosk B, kiosk A again: B has ended what A began, so A may not write any more."""
    writer = redeemer.writer
    assert isinstance(writer, SimulatedWriter)

    def there_and_back(*_: Any, **__: Any) -> None:
        writer.take()
        writer.put("1")

    if leaves_at == "writing":
        honest = city.begin_writing
        monkeypatch.setattr(city, "begin_writing", lambda key: (there_and_back(), honest(key))[1])
    else:
        monkeypatch.setattr("citycard_kiosk.writer.time.sleep", there_and_back)
    ended = redeemer.redeem(reading=writer.read(), points=50, ntd=50)
    assert (ended.ending, writer.look_at(NUMBER).purse) == ("given_back", 100)
    assert redeemer.journal.open_lines() == []


def test_cards_keep_what_is_on_them(tmp_path: Path) -> None:
    path = tmp_path / "cards.db"
    first = SimulatedWriter(path, seconds=0)
    first.lay_out(TRAY)
    first.put("1")
    first.load(number=NUMBER, amount_ntd=50, terminal="K", placement=first.placement())
    again = SimulatedWriter(path, seconds=0)
    again.lay_out(TRAY)
    assert (again.read().purse, again.read().counter) == (150, 6)


def test_the_journal_survives_and_is_strict(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.db")
    key = journal.begin(number=NUMBER, points=5, ntd=5, purse=1, counter=1)
    journal.note(key, "touching")
    again = Journal(tmp_path / "j.db")
    assert [(line.key, line.state) for line in again.open_lines()] == [(key, "touching")]
    again.close(key, "settled")
    assert journal.open_lines() == []
    (mode,) = journal._file.execute("PRAGMA synchronous").fetchone()
    assert mode == 3, "every change must be on the disk"


class TestScreens:
    def test_from_card_to_done(self, kiosk: Kiosk) -> None:
        kiosk.writer.put("1")
        kiosk._look_around()
        assert kiosk.shown.stage == "choose"
        self.touch(kiosk, "choose", "50")
        assert kiosk.shown.stage == "confirm"
        assert kiosk.shown.chosen["purse_after"] == 150
        self.touch(kiosk, "confirm")
        assert kiosk.shown.stage == "done"
        kiosk.writer.take()
        kiosk._look_around()
        assert (kiosk.shown.stage, kiosk.shown.reading) == ("welcome", None)

    def test_amounts_that_are_not_offered_change_nothing(self, kiosk: Kiosk) -> None:
        kiosk.writer.put("1")
        kiosk._look_around()
        for amount in ("51", "-50", "", "x"):
            self.touch(kiosk, "choose", amount)
            assert kiosk.shown.stage == "choose"
        self.touch(kiosk, "confirm")
        assert kiosk.shown.stage == "choose"

    def test_a_card_taken_away_before_confirming_is_not_asked_for(
        self, kiosk: Kiosk, city: FakeCity
    ) -> None:
        kiosk.writer.put("1")
        kiosk._look_around()
        self.touch(kiosk, "choose", "50")
        kiosk.writer.take()
        self.touch(kiosk, "confirm")
        assert kiosk.shown.stage == "welcome"
        assert "reserve" not in city.asked

    def test_a_silent_city_is_shown(self, kiosk: Kiosk, city: FakeCity) -> None:
        city.silent_at = {"card"}
        kiosk.writer.put("1")
        kiosk._look_around()
        assert kiosk.shown.stage == "offline"

    def test_time_frees_the_kiosk_but_ends_nothing(
        self, kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kiosk.writer.put("1")
        kiosk._look_around()
        monkeypatch.setattr("citycard_kiosk.kiosk.time.monotonic", lambda: 1e12)
        kiosk._look_around()
        assert kiosk.shown.stage == "welcome"

    def touch(self, kiosk: Kiosk, what: str, value: str = "") -> None:
        kiosk._wishes.put(_wish(what, value))
        kiosk.step()


def _wish(what: str, value: str) -> Any:
    from citycard_kiosk.kiosk import Wish

    return Wish(what, value)


@pytest.fixture
def page(kiosk: Kiosk, tmp_path: Path) -> Iterator[httpx.Client]:
    stop = threading.Event()
    thread = threading.Thread(target=kiosk.run, args=(stop,), daemon=True)
    thread.start()
    server = serve(kiosk, Pages(kiosk, tmp_path / "pages"), 0)
    address = f"http://127.0.0.1:{server.server_address[1]}"
    with httpx.Client(base_url=address) as client:
        yield client
    stop.set()
    thread.join()
    server.shutdown()
    server.server_close()


class TestPage:
    def test_shows_the_stage_with_its_policy(self, page: httpx.Client) -> None:
        answer = page.get("/")
        assert "<h1>welcome</h1>" in answer.text
        assert answer.headers["Content-Security-Policy"] == "default-src 'self'"
        assert page.get("/health").json()["stage"] == "welcome"

    def test_tells_when_it_has_changed(self, page: httpx.Client, kiosk: Kiosk) -> None:
        seen = kiosk.shown.version
        assert page.get(f"/stage?seen={seen}").status_code == 204
        assert page.get(f"/stage?seen={seen - 1}").headers["HX-Refresh"] == "true"

    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Site": "cross-site"},
            {"Origin": "https://elsewhere.example"},
            {"Host": "elsewhere.example"},
        ],
    )
    def test_pages_from_elsewhere_touch_nothing(
        self, page: httpx.Client, kiosk: Kiosk, headers: dict[str, str]
    ) -> None:
        answer = page.post("/tray/put", data={"card": "1"}, headers=headers)
        assert answer.status_code in (403, 421)
        assert kiosk.writer.on_pad() is None

    def test_unknown_addresses_are_not_passed_on(self, page: httpx.Client, city: FakeCity) -> None:
        for path in ("/kiosk/api/hello", "/etc/passwd", "/choose"):
            assert page.get(path).status_code == 404
        assert page.post("/kiosk/api/settle").status_code == 404
        assert page.get("/static/x.css").text == "/static/x.css"

    def test_keeps_pages_for_when_the_city_is_silent(
        self, page: httpx.Client, kiosk: Kiosk, city: FakeCity
    ) -> None:
        page.get("/")
        with contextlib.suppress(TimeoutError):
            wait_until(lambda: len(list((kiosk.settings.state / "pages").glob("page-*"))) == 18)
        city.silent_at = {"screen", "card", "fetch", "hello"}
        kiosk.shown = Shown(stage="taken_away", version=77)
        text = page.get("/").text
        assert "<h1>taken_away</h1>" in text
        assert ">77<" in text
        assert page.get("/static/x.css").status_code == 200

    def test_a_kiosk_without_any_page_still_says_something(
        self, kiosk: Kiosk, tmp_path: Path, city: FakeCity
    ) -> None:
        kiosk.shown = Shown(stage="writing")
        city.silent_at = {"screen"}
        shown = Pages(kiosk, tmp_path / "none").page()
        assert "請不要拿開卡片" in shown.html


def test_the_key_is_never_shown(tmp_path: Path) -> None:
    (tmp_path / "credentials.json").write_text('{"code": "K", "key": "a-secret"}')
    settings = Settings(
        server="",
        port=0,
        state=tmp_path,
        credentials_file=tmp_path / "credentials.json",
        tray_file=tmp_path,
        write_seconds=0,
        recover_seconds=0,
    )
    credentials = settings.credentials()
    assert credentials is not None
    assert credentials.key == "a-secret"
    assert "a-secret" not in repr(credentials)
