"""「到離校簡訊」: a pupil's card at the gate, and a text on the parent's phone within seconds."""

import json
import time
from typing import Any

import pytest

from tests.harness.live import LiveCity
from tests.harness.patience import wait_until
from tests.journeys.devices import Reader

pytestmark = pytest.mark.city("taoyuan")


@pytest.fixture(scope="module")
def pupil(live_city: LiveCity) -> str:
    """The number of a card of the parent persona's school child."""
    found = live_city.sql(
        """
        SELECT n.number FROM people_guardian g
        JOIN pub.rights r ON r.member_id = g.child_id AND r.entitlement = 'student-service'
        JOIN pub.bindings b ON b.member_id = g.child_id AND b.bound @> now()
        JOIN pub.card_numbers n ON n.card_id = b.card_id AND n.number_kind = 'printed'
        WHERE r.valid @> current_date LIMIT 1
        """
    )
    assert found, "the demo's parent has a school child with a card"
    return str(found[0][0])


def texts(city: LiveCity) -> list[dict[str, Any]]:
    file = city.directory / "outside" / "texts.jsonl"
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_a_parent_who_asked_is_told_within_seconds(live_city: LiveCity, pupil: str) -> None:
    parent = live_city.persona("parent")
    page = parent.open("/me/children/")
    assert "到校、離校時" in page
    for form in [form for form in page.forms if "child" in form.names]:
        parent.submit(form, channel="sms")
    reader = Reader(live_city, live_city.device(kind="reader", holds="SCHOOL-ATTENDANCE-EASYCARD"))
    before, began = len(texts(live_city)), time.monotonic()
    answer = reader.tap(pupil)
    assert answer.json()["code"] == "accepted", answer.text
    assert reader.again().json() == answer.json()
    wait_until(lambda: len(texts(live_city)) > before)
    told = texts(live_city)[before:]
    print(f"tap to text: {time.monotonic() - began:.1f} s")
    assert len(told) == 1
    assert f"末四碼 {pupil[-4:]}" in told[0]["body"]
    assert "1 則，1 元" in parent.open("/me/children/")
