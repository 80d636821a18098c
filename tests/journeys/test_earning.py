"""「各機關既有集點系統…皆可介接」: an agency's own system gives points as taps do, and learns
nothing of anybody; 「卡證歸戶贈點」: once a person, however many cards."""

import datetime as dt
import io
import itertools
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from citycard.activities import api as activities
from citycard.agencies import api as agencies
from citycard.cards import api as cards
from citycard.infra.clock import now
from citycard.infra.database import rows
from citycard.infra.packs import Text
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.ledger import api as ledger
from tests.harness.patience import PATIENCE_S
from tests.portals import seeding

pytestmark = pytest.mark.usefixtures("city")
_keys = itertools.count()


@pytest.fixture(scope="module")
def members(city: Any) -> list[int]:
    seeding.activate()
    return seeding.residents(8)


def opened(members: list[int], code: str, **terms: Any) -> activities.Campaign:
    """A campaign of the sports office that its own system serves."""
    began = seeding.at_noon(35)
    usual: dict[str, Any] = {
        "code": code,
        "agency": "sports",
        "names": Text("運動中心集點", "Sports centre points"),
        "unit": "taipei-points",
        "points_per_tap": 10,
        "per_person_cap": 30,
        "budget": 1000,
        "starts_at": began,
        "ends_at": now() + dt.timedelta(days=30),
    }
    with unit_of_work():
        new = activities.NewCampaign(**(usual | terms))
        made = activities.create_campaign(new=new, actor=SYSTEM, now=began)
        return activities.open_campaign(campaign_id=made.id, actor=SYSTEM, now=began)


def connected(code: str, agency: str = "sports") -> Client:
    """A program of an agency that holds its key."""
    with unit_of_work():
        made = agencies.connect_client(code=code, agency=agency, actor=SYSTEM, now=now())
    return Client(headers={"Authorization": f"Client {made.code}:{made.key}"})


def post(system: Client, lines: Any, key: str = "") -> Any:
    return system.post(
        "/api/v1/earnings",
        json.dumps({"lines": lines}),
        content_type="application/json",
        headers={"Idempotency-Key": key or f"batch-{next(_keys)}"},
    )


def visit(code: str, n: int, reference: str, **facts: Any) -> dict[str, Any]:
    said = {
        "reference": reference,
        "campaign": code,
        "at": seeding.at_noon(2).isoformat(),
        "card_number": seeding.card_number(n),
    }
    return {k: v for k, v in (said | facts).items() if v is not None}


def balance(member: int) -> int:
    unit = "taipei-points"
    found = ledger.balances(holders=[member], unit=unit, on=now().date(), access=None)
    return found[member].available


class TestAnAgencysProgram:
    """POST /api/v1/earnings."""

    def test_sends_visits_and_learns_points_never_whose(self, members: list[int]) -> None:
        opened(members, "api-first")
        system = connected("SPORTS-1")
        lines = [visit("api-first", 0, "v1"), visit("api-first", 1, "v2", card_number="404")]
        answer = post(system, lines, key="day-1")
        assert answer.status_code == 200, answer.content
        assert answer.json() == {
            "answers": [
                {"reference": "v1", "code": "points", "points": 10, "again": False},
                {"reference": "v2", "code": "unknown_number", "points": 0, "again": False},
            ]
        }
        again = post(system, lines, key="day-1")
        assert again.content == answer.content  # byte for byte
        assert [one["again"] for one in post(system, lines).json()["answers"]] == [True, True]
        assert balance(members[0]) == 10

    def test_a_key_names_one_batch_of_one_system(self, members: list[int]) -> None:
        opened(members, "api-keys")
        first, second = connected("SPORTS-2"), connected("SPORTS-3")
        assert post(first, [visit("api-keys", 2, "k1")], key="k").status_code == 200
        refused = post(first, [visit("api-keys", 2, "k2")], key="k")
        assert (refused.status_code, refused.json()["code"]) == (409, "activities.upload_key_used")
        other = post(second, [visit("api-keys", 2, "k1")], key="k").json()["answers"]
        assert other == [{"reference": "k1", "code": "points", "points": 10, "again": True}]

    def test_names_every_bad_line_and_takes_nothing(self, members: list[int]) -> None:
        opened(members, "api-bad")
        system = connected("SPORTS-4")
        future = (now() + dt.timedelta(hours=1)).isoformat()
        lines = [
            visit("api-bad", 3, "b1"),
            visit("health-2026", 3, "b2"),
            visit("api-bad", 3, "b3", at=future),
            visit("api-bad", 3, "b4", at="yesterday"),
            visit("api-bad", 3, "b5", card_number=None),
            visit("api-bad", 3, "b6", member_number="M-1"),
            visit("api-bad", 3, "x" * 65),
        ]
        answer = post(system, lines)
        assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
        named = [(it["number"], it["field"]) for it in answer.json()["facts"]["lines"]]
        assert named == [
            (2, "campaign"), (3, "at"), (4, "at"), (5, "card_number"), (6, "card_number"),
            (7, "reference"),
        ]  # fmt: skip
        assert all(it["remedy"] for it in answer.json()["facts"]["lines"])
        assert balance(members[3]) == 0
        assert post(system, lines[:1]).json()["answers"][0]["again"] is False

    @pytest.mark.parametrize("body", ["", "[]", "{}", '{"lines": []}', '{"lines": [1]}'])
    def test_a_body_that_is_none_is_refused(self, members: list[int], body: str) -> None:
        system = connected(f"SPORTS-B{next(_keys)}")
        answer = system.post("/api/v1/earnings", body, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (400, "openapi.body_not_understood")

    def test_speaks_for_its_own_agency_alone(self, members: list[int]) -> None:
        opened(members, "api-own")
        stranger = connected("HEALTH-1", agency="health")
        answer = post(stranger, [visit("api-own", 4, "s1")])
        assert answer.status_code == 422
        known = [it["code"] for it in stranger.get("/api/v1/campaigns").json()["campaigns"]]
        assert "api-own" not in known
        for wrong in ("Client HEALTH-1:x", "Client X:y", "Reader HEALTH-1:x", ""):
            nobody = Client(headers={"Authorization": wrong} if wrong else None)
            assert post(nobody, []).status_code == 401

    def test_a_key_that_was_taken_away_opens_nothing(self, members: list[int]) -> None:
        system = connected("SPORTS-9")
        assert system.get("/api/v1/campaigns").status_code == 200
        (found,) = [it for it in agencies.clients(agency="sports") if it.code == "SPORTS-9"]
        with unit_of_work():
            agencies.revoke_client(client_id=found.client_id, actor=SYSTEM, now=now())
        assert system.get("/api/v1/campaigns").status_code == 401

    def test_answers_are_as_the_description_says(self, members: list[int]) -> None:
        import jsonschema

        opened(members, "api-doc")
        system = connected("SPORTS-D")
        document = Client().get("/api/openapi.json").json()
        answers = {
            ("/api/v1/campaigns", "get"): system.get("/api/v1/campaigns"),
            ("/api/v1/earnings", "post"): post(system, [visit("api-doc", 5, "d1")]),
        }
        for (path, method), answer in answers.items():
            told = document["paths"][path][method]["responses"]["200"]["content"]
            schema = told["application/json"]["schema"] | {"components": document["components"]}
            jsonschema.validate(answer.json(), schema)


class TestAFile:
    """The same through the agency's own door."""

    @pytest.fixture
    def organiser(self, members: list[int]) -> Client:
        return seeding.signed_in("organiser", "sports", ["organiser"])

    def send(
        self, browser: Client, campaign: activities.Campaign, content: bytes, name: str
    ) -> Any:
        file = SimpleUploadedFile(name, content)
        return browser.post(f"/agency/campaigns/{campaign.id}/earnings/", {"file": file})

    def text(self, *lines: tuple[str, str, str], head: str = "reference,at,card_number") -> str:
        return "\r\n".join([head, *(",".join(line) for line in lines)]) + "\r\n"

    def test_is_taken_once_and_says_what_became_of_each_line(
        self, organiser: Client, members: list[int]
    ) -> None:
        campaign = opened(members, "file-first")
        when = f"{seeding.at_noon(3):%Y-%m-%d} 12:30"
        content = self.text(
            ("f1", when, seeding.card_number(6)), ("f2", when, "404"), ("", "", "")
        ).encode("utf-8-sig")
        taken = self.send(organiser, campaign, content, "visits.csv")
        assert taken.status_code == 302, taken.content.decode()[:2000]
        page = organiser.get(taken["Location"]).content.decode()
        assert "查無號碼" in page
        assert "市民006" not in page  # nobody's name
        before = balance(members[6])
        assert before == 10

        again = self.send(organiser, campaign, content, "visits.csv")
        assert again["Location"].endswith("?again=1")
        more = content + self.text(head="f3," + when + "," + seeding.card_number(6)).encode()
        assert self.send(organiser, campaign, more, "more.csv").status_code == 302
        assert balance(members[6]) == before + 10
        answers = organiser.get(taken["Location"] + "answers.csv").content.decode("utf-8-sig")
        assert answers.splitlines()[1:] == ["1,points,10,no", "2,unknown_number,0,no"]

    def test_a_bad_line_keeps_all_of_it_out(self, organiser: Client, members: list[int]) -> None:
        campaign = opened(members, "file-bad")
        when = f"{seeding.at_noon(3):%Y-%m-%d} 12:30"
        number = seeding.card_number(7)
        content = self.text(("g1", when, number), ("g2", "someday", number), ("", when, number))
        answer = self.send(organiser, campaign, content.encode(), "visits.csv")
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "這個檔案沒有收下" in page
        assert ">3<" in page
        assert ">4<" in page
        assert rows("SELECT at FROM activities_line WHERE campaign_id = %s", [campaign.id]) == []

    def test_excel_and_big5_are_read_too(self, organiser: Client, members: list[int]) -> None:
        campaign = opened(members, "file-kinds", per_person_cap=1000)
        at = seeding.at_noon(3).replace(tzinfo=None) + dt.timedelta(hours=8)
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.append(["參考編號", "參加時間", "卡號"])
        sheet.append(["x1", at, seeding.card_number(7)])
        sheet.append(["x2", f"{at:%Y/%m/%d %H:%M}", seeding.card_number(7)])
        written = io.BytesIO()
        book.save(written)
        before = balance(members[7])
        taken = self.send(organiser, campaign, written.getvalue(), "visits.xlsx")
        assert taken.status_code == 302, taken.content.decode()[:3000]
        big5 = self.text(("中文1", f"{at:%Y-%m-%d %H:%M}", seeding.card_number(7)),
                         head="參考編號,時間,卡號").encode("cp950")  # fmt: skip
        assert self.send(organiser, campaign, big5, "visits.csv").status_code == 302
        found = rows(
            "SELECT code, points FROM activities_line WHERE campaign_id = %s", [campaign.id]
        )
        assert [(one.code, one.points) for one in found] == [("points", 10)] * 3
        assert balance(members[7]) == before + 30
        sheet.append(["x3", at, int(seeding.card_number(7))])  # a sheet keeps 15 digits of 16
        rounded = io.BytesIO()
        book.save(rounded)
        refused = self.send(organiser, campaign, rounded.getvalue(), "visits.xlsx")
        assert refused.status_code == 422
        assert "15 位" in refused.content.decode()
        broken = self.send(organiser, campaign, big5[:-4] + b"\xff\xff\r\n", "visits.csv")
        assert broken.status_code == 422
        for nonsense, name in ((b"", "a.csv"), (b"a,b\n1,2\n", "a.csv"), (b"PK", "a.xlsx")):
            assert self.send(organiser, campaign, nonsense, name).status_code == 422

    def test_another_agencys_upload_is_not_there(
        self, organiser: Client, members: list[int]
    ) -> None:
        campaign = opened(members, "file-theirs")
        line = ("o1", f"{seeding.at_noon(3):%Y-%m-%d} 12:30", seeding.card_number(5))
        taken = self.send(organiser, campaign, self.text(line).encode(), "v.csv")
        stranger = seeding.signed_in("health-organiser", "health", ["organiser"])
        assert stranger.get(taken["Location"]).status_code == 404
        assert stranger.get(f"/agency/campaigns/{campaign.id}/earnings/").status_code == 404


class TestPointsForBinding:
    """卡證歸戶贈點: a person, not a card."""

    def test_three_cards_at_once_give_once_and_binding_again_gives_nothing(
        self, city: Any, members: list[int]
    ) -> None:
        city.settle()
        gift = opened(
            members, "gift", agency="doit", trigger="cards.card.bound", points_per_tap=20,
            per_person_cap=100, residents_only=True, starts_at=now(),
        )  # fmt: skip
        member = members[4]
        before = balance(member)
        made = self.new_cards(3)
        begin = threading.Barrier(3)

        def bind(card_id: int) -> None:
            begin.wait(PATIENCE_S)
            with unit_of_work():
                [bound] = cards.bind_many(
                    binds=[cards.Bind(card_id=card_id, member_id=member)], actor=SYSTEM, now=now()
                )
            assert bound.refusal is None
            connection.close()

        with ThreadPoolExecutor(3) as pool:
            list(pool.map(bind, made))
        city.settle()
        assert balance(member) == before + 20

        with unit_of_work():
            cards.unbind(card_id=made[0], actor=SYSTEM, now=now())
        begin = threading.Barrier(1)
        bind(made[0])
        bind(self.new_cards(1)[0])
        city.settle()
        assert balance(member) == before + 20
        assert activities.statistics(campaign_id=gift.id).points == 20
        assert activities.verify() == ledger.verify() == []

    def new_cards(self, count: int) -> list[int]:
        new = [
            cards.NewCard(
                kind="general",
                medium="easycard",
                numbers={"printed": f"{9_990_000_000_000_000 + next(_keys):016d}"},
            )
            for _ in range(count)
        ]
        with unit_of_work():
            made = cards.register_many(cards=new, actor=SYSTEM, now=now())
        return [one.card_id for one in made if one.card_id is not None]
