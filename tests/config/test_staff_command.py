"""A city that is no demo begins with nobody: from the command to a clerk at the counter."""

import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from citycard.agencies import api as agencies
from citycard.flows import activating
from citycard.identity import totp
from citycard.infra import clock
from citycard.infra.packs import current_pack

Run = Callable[..., subprocess.CompletedProcess[str]]
OPERATOR = ["--name", "陳主任", "--agency", "doit", "--role", "operator"]
CLERK = {
    "display_name": "林小姐",
    "username": "lin",
    "agency": "office-daan",
    "counter": "office-daan",
    "roles": ["clerk"],
}


@pytest.fixture(scope="module")
def citycard(fresh_database: Any) -> Run:
    """The `citycard` command on this module's database, in a city that is no demo."""
    activating.activate(pack=current_pack(), now=clock.now())

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "citycard.config.command", "staff", *words],
            env=fresh_database.environment() | {"CITYCARD_DEMO": "0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    return run


@pytest.fixture(autouse=True)
def no_demo(settings: Any) -> None:
    settings.CITYCARD_DEMO = settings.CITYCARD_PERSONAS = False


def told(answer: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """What the command printed, by its name."""
    assert answer.returncode == 0, answer.stderr
    return dict(re.findall(r"^(\S+(?: \S+)?)\s{2,}(\S+)$", answer.stdout, re.MULTILINE))


def signed_in(username: str, password: str, secret: str) -> Client:
    browser = Client()
    given = {"username": username, "password": password}
    browser.post("/staff/sign-in/", {**given, "totp": totp.code_at(secret, clock.now())})
    return browser


def test_from_the_command_to_a_clerk_at_the_counter(citycard: Run) -> None:
    first = told(citycard("add", "chen", *OPERATOR))
    assert first["Address"].startswith("otpauth://totp/")
    operator = signed_in("chen", first["Password"], first["Secret"])
    assert "新增人員" in operator.get("/ops/staff/").content.decode()

    shown = operator.post("/ops/staff/add/", CLERK)
    made = shown.context["made"]
    for secret in (made.password, made.totp_secret, "<svg"):
        assert secret in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    clerk = signed_in("lin", made.password, made.totp_secret)
    assert clerk.get("/counter/").status_code == 200
    found = agencies.staff_by_username(username="lin")
    assert found is not None
    assert made.password not in operator.get(f"/ops/staff/{found.staff_id}/").content.decode()

    # her phone is lost
    chosen = "correct horse battery"
    here = f"/ops/staff/{found.staff_id}/renew/"
    assert "請先確認是本人" in operator.get(here).content.decode()
    renewed = operator.post(here, {"password": chosen})
    assert chosen not in renewed.content.decode()
    assert clerk.get("/counter/").status_code == 302
    for password, secret, status in (
        (made.password, made.totp_secret, 302),
        (chosen, made.totp_secret, 302),
        (chosen, renewed.context["made"].totp_secret, 200),
    ):
        assert signed_in("lin", password, secret).get("/counter/").status_code == status


def test_an_operator_who_cant_sign_in_is_renewed_by_the_command(citycard: Run) -> None:
    first = told(citycard("add", "wang", *OPERATOR))
    operator = signed_in("wang", first["Password"], first["Secret"])
    assert operator.get("/ops/").status_code == 200
    anew = told(citycard("renew", "Wang"))
    assert operator.get("/ops/").status_code == 302
    assert signed_in("wang", anew["Password"], anew["Secret"]).get("/ops/").status_code == 200


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add", "li", "--name", "李", "--agency", "nowhere", "--role", "operator"], "nowhere"),
        (["add", "li", "--name", "李", "--agency", "doit", "--role", "king"], "king"),
        (["add", "li", "--name", "李", "--agency", "doit", "--role", "device"], "device"),
        (["renew", "nobody"], "nobody"),
    ],
)
def test_what_does_not_go_says_why(citycard: Run, words: list[str], said: str) -> None:
    answer = citycard(*words)
    assert answer.returncode == 3
    assert said in answer.stderr
    assert agencies.staff_by_username(username="li") is None


def test_a_mistake_stands_beside_its_field(citycard: Run) -> None:
    first = told(citycard("add", "ho", *OPERATOR))
    operator = signed_in("ho", first["Password"], first["Secret"])
    for changed, field in (
        ({"username": "ho"}, "username"),
        ({"username": "有空格 的"}, "username"),
        ({"username": "other", "counter": "office-zhongzheng"}, "counter"),
        ({"username": "other", "password": "short"}, "password"),
        ({"username": "other", "roles": []}, "roles"),
    ):
        answer = operator.post("/ops/staff/add/", {**CLERK, **changed})
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == [field]
    assert agencies.staff_by_username(username="other") is None


def test_nobody_renews_their_own(citycard: Run) -> None:
    """Whoever sits down at a computer that is signed in would be that operator from then on."""
    first = told(citycard("add", "su", *OPERATOR))
    operator = signed_in("su", first["Password"], first["Secret"])
    own = agencies.staff_by_username(username="su")
    assert own is not None
    here = f"/ops/staff/{own.staff_id}/"
    assert f"{here}renew/" not in operator.get(here).content.decode()
    assert operator.post(f"{here}renew/", {}).status_code == 422
    assert operator.get(here).status_code == 200


def test_pages_are_there_in_english(citycard: Run) -> None:
    first = told(citycard("add", "yu", *OPERATOR))
    operator = signed_in("yu", first["Password"], first["Secret"])
    for page in ("/ops/staff/add/", "/ops/staff/1/renew/"):
        text = operator.get(page, headers={"Accept-Language": "en"}).content.decode()
        assert "at least 12 characters" in text
