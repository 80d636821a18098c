"""Taps through a broker: the answers of the HTTP gate, each tap once, whatever is killed."""

import asyncio
import datetime as dt
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nats.aio.client import Client
from nats.js.errors import APIError
from typer.testing import CliRunner

from citycard.agencies import api as agencies
from citycard.config.command.main import app
from citycard.config.examining_stream import check_stream
from citycard.infra.database import scalar
from citycard.portals.gate import broker as streams
from citycard.taps import api as taps
from tests.gate.serving import RunningGate, gate
from tests.harness.cities import City
from tests.harness.patience import PATIENCE_S
from tests.stream.broking import Broker, StreamReader, Taker, broker_at, connected, taker_of
from tests.taps.town import Town


@pytest.fixture(scope="module")
def town(city: City) -> Town:
    return Town()


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with broker_at(tmp_path_factory.mktemp("broker")) as found:
        yield found


@pytest.fixture(scope="module")
def taker(city: City, broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Taker]:
    with taker_of(city.database, broker, tmp_path_factory.mktemp("taker") / "log") as found:
        yield found


@pytest.fixture(scope="module")
def running(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGate]:
    with gate(city.database, tmp_path_factory.mktemp("gate") / "gate.log") as found:
        yield found


@pytest.fixture(autouse=True)
def told_where(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYCARD_STREAM_URL", broker.url)


async def reader_on(
    connection: Client, device: agencies.EnrolledDevice, *, within_s: float = PATIENCE_S
) -> StreamReader:
    """Return a reader once those who take taps know it."""
    reader = StreamReader(device, connection)
    await reader.listen()
    async with asyncio.timeout(within_s):
        while (await reader.send({}))[0] == 401:
            await asyncio.sleep(0.1)
    return reader


def batch(numbers: list[str], first: int = 1) -> dict[str, Any]:
    at = dt.datetime(2026, 11, 20, 1, 0, tzinfo=dt.UTC)
    return {
        "taps": [
            {
                "epoch": 1,
                "seq": n,
                "at": (at + n * dt.timedelta(minutes=1)).isoformat(),
                "number": number,
            }
            for n, number in enumerate(numbers, first)
        ]
    }


def test_the_same_batch_is_answered_alike_over_http_and_over_the_stream(
    town: Town, broker: Broker, taker: Taker, running: RunningGate
) -> None:
    [member] = town.residents(1)
    by_http, by_stream = town.reader(), town.reader()
    said = batch([town.card(member), "9999999999999999", "1", town.card()])
    said["taps"].append({**said["taps"][0], "number": "1111111111111111"})
    wrong: list[Any] = [
        b"not json",
        {"taps": []},
        {"taps": [{"epoch": 1, "seq": -1}]},
        {**said["taps"][0], "epoch": 2},
        {"taps": said["taps"] * 200},
        b"{" + b" " * 300_000 + b"}",
    ]

    async def compare() -> None:
        connection = await connected(broker)
        reader = await reader_on(connection, by_stream)
        while 401 in {running.taps(one, {}).status_code for one in (by_http, by_stream)}:
            await asyncio.sleep(0.1)
        expected = running.taps(by_http, said)
        codes = [one["code"] for one in expected.json()["answers"]]
        assert codes == ["accepted", "unknown_card", "unknown_card", "not_bound", "conflict"]
        assert await reader.send(said) == (200, expected.content)
        assert await reader.send(said) == (200, expected.content), "sent again"
        # what was taken over one way is the same tap over the other
        assert running.taps(by_stream, said).content == expected.content
        for one in wrong:
            refused = running.client.post(
                "/taps",
                content=one if isinstance(one, bytes) else json.dumps(one),
                headers={"Authorization": f"Reader {by_http.code}:{by_http.key}"},
            )
            assert await reader.send(one) == (refused.status_code, refused.content)
        nobody = {"Authorization": "Reader X:y"}
        refused = running.client.post("/taps", json=said, headers=nobody)
        assert await reader.send(said, headers=nobody) == (401, refused.content)
        await connection.close()

    asyncio.run(compare())
    stored = scalar("SELECT count(*) FROM pub.taps WHERE reader_id = %s", [by_stream.device_id])
    assert stored == 4
    assert taps.verify() == []


def test_what_arrives_together_is_written_together(
    town: Town, broker: Broker, taker: Taker
) -> None:
    members = town.residents(4)
    numbers, devices = town.cards(members), [town.reader() for _ in range(4)]

    async def rush() -> list[tuple[int, bytes]]:
        connection = await connected(broker)
        readers = [await reader_on(connection, device) for device in devices]
        sends = [
            reader.send(batch([number], seq))
            for seq in range(1, 51)
            for reader, number in zip(readers, numbers, strict=True)
        ]
        found = await asyncio.gather(*sends)
        await connection.close()
        return found

    before = scalar("SELECT count(*) FROM pub.tap_batches")
    assert {status for status, _ in asyncio.run(rush())} == {200}
    ids = [device.device_id for device in devices]
    assert scalar("SELECT count(*) FROM pub.taps WHERE reader_id = ANY(%s::bigint[])", [ids]) == 200
    assert scalar("SELECT count(*) FROM pub.tap_batches") - before < 100


def test_what_can_not_be_taken_is_put_aside_without_its_key_and_seen(
    town: Town, broker: Broker, taker: Taker
) -> None:
    device = town.reader()

    async def send() -> tuple[list[streams.PutAside], dict[str, str]]:
        connection = await connected(broker)
        reader = await reader_on(connection, device)
        before = await streams.refused()
        assert (await reader.send(b"not json"))[0] == 400
        after = await streams.refused()
        assert len(after) == len(before) + 1
        kept = await connection.jetstream().get_msg(streams.REFUSED, after[0].sequence)
        await connection.close()
        return after, dict(kept.headers or {})

    found, headers = asyncio.run(send())
    assert (found[0].reader, found[0].problem, found[0].size) == (device.code, "not_json", 8)
    assert "Authorization" not in headers
    symptoms = check_stream()
    assert [one.state for one in symptoms] == ["ok", "warn"]
    assert "--refused" in symptoms[1].says
    listed = CliRunner().invoke(app, ["stream", "--refused"])
    assert f"{device.code}  not_json  8 bytes" in listed.output


def test_no_message_fills_the_broker(town: Town, broker: Broker, taker: Taker) -> None:
    device = town.reader()

    async def publish() -> None:
        connection = await connected(broker)
        jetstream = connection.jetstream()
        for name in (streams.TAPS, streams.REFUSED):
            config = (await jetstream.stream_info(name)).config
            assert 0 < (config.max_bytes or 0) <= 4 * 1024**3
        subject = f"{streams.TAPS_SUBJECT}.{device.code}"
        with pytest.raises(APIError, match="size exceeds"):
            await jetstream.publish(subject, bytes(streams.LARGEST_MESSAGE + 1))
        before = await streams.refused()
        await jetstream.publish(subject, bytes(streams.LARGEST_MESSAGE))
        while len(await streams.refused()) == len(before):
            await asyncio.sleep(0.05)
        await connection.close()

    asyncio.run(asyncio.wait_for(publish(), PATIENCE_S))


def test_a_city_without_a_broker_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CITYCARD_STREAM_URL")
    refused = CliRunner().invoke(app, ["stream"])
    assert refused.exit_code != 0
    assert "CITYCARD_STREAM_URL is not set" in refused.output


def test_answers_go_to_inboxes_alone(town: Town, broker: Broker, taker: Taker) -> None:
    [member] = town.residents(1)
    number, device = town.card(member), town.reader()

    async def misled() -> list[bytes]:
        connection = await connected(broker)
        reader = await reader_on(connection, device)
        heard: list[bytes] = []

        async def hear(message: Any) -> None:
            heard.append(message.data)

        await connection.subscribe("somebody.else", cb=hear)
        for to in ("somebody.else", "citycard.taps.X", "citycard.answers.>", ""):
            with pytest.raises(TimeoutError):
                await reader.send(batch([number]), headers={"Answer-To": to}, timeout=0.5)
        assert (await reader.send(batch([number])))[0] == 200
        await connection.close()
        return heard

    assert asyncio.run(misled()) == []


def test_a_broker_that_is_away_is_told(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYCARD_STREAM_URL", "nats://127.0.0.1:1")
    [symptom] = check_stream()
    assert symptom.state == "fail"
    monkeypatch.delenv("CITYCARD_STREAM_URL")
    assert check_stream() == [], "a city without a broker needs none"


class Crowd:
    """Readers that tap, and send each tap until it is answered."""

    def __init__(self, devices: list[agencies.EnrolledDevice], numbers: list[str]) -> None:
        self._cards = list(zip(devices, numbers, strict=True))
        self._stop = asyncio.Event()
        self.answered: dict[tuple[str, int], bytes] = {}

    async def suffer(self, broker: Broker, taker: Taker) -> None:
        """Tap while those who take taps and the broker are killed in turn, then for a while."""
        connection = await connected(broker)
        lives = [asyncio.create_task(self._live(*one, connection)) for one in self._cards]
        await asyncio.sleep(0.5)
        await asyncio.to_thread(taker.end, signal.SIGKILL)
        await asyncio.to_thread(taker.start)
        await self._see_more(20)
        await asyncio.to_thread(broker.kill)
        await asyncio.sleep(0.2)
        await asyncio.to_thread(broker.start)
        await self._see_more(20)
        self._stop.set()
        await asyncio.wait_for(asyncio.gather(*lives), PATIENCE_S)
        await connection.close()

    async def _see_more(self, taps: int) -> None:
        wanted = len(self.answered) + taps
        async with asyncio.timeout(PATIENCE_S):
            while len(self.answered) < wanted:
                await asyncio.sleep(0.05)

    async def _live(self, device: agencies.EnrolledDevice, number: str, connection: Client) -> None:
        reader, seq = StreamReader(device, connection), 0
        await reader.listen()
        while not self._stop.is_set():
            seq += 1
            while (body := await self._sent(reader, batch([number], seq))) is None:
                await asyncio.sleep(0.1)
            self.answered[device.code, seq] = body

    @staticmethod
    async def _sent(reader: StreamReader, said: dict[str, Any]) -> bytes | None:
        """Return the answer, or None: the broker is away, or the reader not known yet."""
        try:
            status, body = await reader.send(said, timeout=2)
        except Exception:  # noqa: BLE001 - whatever a broker that was killed raises
            return None
        assert status in (200, 401), body
        return body if status == 200 else None


@pytest.mark.slow
def test_whatever_is_killed_under_load_each_answered_tap_is_there_once(
    city: City, town: Town, tmp_path: Path
) -> None:
    numbers, devices = town.cards(town.residents(6)), [town.reader() for _ in range(6)]
    crowd = Crowd(devices, numbers)
    with (
        broker_at(tmp_path) as broker,
        taker_of(city.database, broker, tmp_path / "taker.log") as taker,
    ):
        asyncio.run(crowd.suffer(broker, taker))
    assert len(crowd.answered) > 40
    assert all(b'"accepted"' in body for body in crowd.answered.values())
    for device in devices:
        stored = scalar("SELECT count(*) FROM pub.taps WHERE reader_id = %s", [device.device_id])
        once = scalar(
            "SELECT count(DISTINCT (epoch, seq)) FROM pub.taps WHERE reader_id = %s",
            [device.device_id],
        )
        assert stored == once == sum(1 for code, _ in crowd.answered if code == device.code)
    assert taps.verify() == []
