"""`citycard pack check` and `citycard explain`, as somebody at a terminal meets them."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from citycard.config.command import app
from citycard.infra.packs import find_pack

run = CliRunner()
SENIOR = (
    '{"birth_on": "1951-03-02", "registered_district": "桃園區", "statuses": {"disability": null}}'
)
ASK = ["explain", "--city", "taoyuan", "--on", "2017-01-03", "--person"]


def test_explain_says_what_a_person_may_have_and_why_not_the_rest() -> None:
    answer = run.invoke(app, [*ASK, SENIOR])
    assert answer.exit_code == 0
    assert "可以享有" in answer.stdout
    assert "每月補助 800 點" in answer.stdout
    assert "年滿 65 歲（2016-03-02 滿 65 歲）" in answer.stdout
    assert "請備：身心障礙證明" in answer.stdout


def test_explain_speaks_english() -> None:
    answer = run.invoke(app, [*ASK, SENIOR, "--lang", "en"])
    assert "800 points each month" in answer.stdout
    assert "by application; Department of Social Welfare decides" in answer.stdout


def test_explain_answers_programs() -> None:
    answer = run.invoke(app, [*ASK, SENIOR, "--json"])
    found = json.loads(answer.stdout)
    assert found["city"] == "taoyuan"
    assert found["on"] == "2017-01-03"
    may = {line["entitlement"]: line for line in found["may"]}
    assert may["senior-rides"]["gives"] == {"subsidy_points_each_month": 800}
    assert "disability-rides" in {line["entitlement"] for line in found["unknown"]}
    unknown = {line["entitlement"]: line for line in found["unknown"]}
    assert unknown["disability-rides"]["missing"] == ["status.disability"]


def test_explain_names_what_did_not_exist_yet() -> None:
    asked = ["explain", "--city", "taoyuan", "--on", "2015-08-31", "--person", SENIOR, "--json"]
    found = json.loads(run.invoke(app, asked).stdout)
    assert len(found["not_yet"]) == len(find_pack("taoyuan").table("entitlements"))


def test_nobody_is_both_refused_and_allowed() -> None:
    answer = run.invoke(app, [*ASK, '{"birth_on": "2012-01-01", "statuses": []}', "--json"])
    found = json.loads(answer.stdout)
    groups = ("may", "may_not", "unknown", "not_yet")
    codes = [line["entitlement"] for group in groups for line in found[group]]
    assert sorted(codes) == sorted(find_pack("taoyuan").table("entitlements"))


@pytest.mark.parametrize(
    ("person", "says"),
    [
        ('{"birth_on": 1951}', "not a date"),
        ('{"birthon": "1951-03-02"}', "did you mean “birth_on”?"),
        ('{"registered_district": "桃圓區"}', "did you mean “桃園區”?"),
        ("[]", "JSON object"),
        ("{", "no JSON"),
    ],
)
def test_a_badly_written_person_is_wrong_usage(person: str, says: str) -> None:
    answer = run.invoke(app, [*ASK, person])
    assert answer.exit_code == 2
    assert says in answer.stderr.replace("\n", " ")


def test_an_unknown_city_is_named_with_the_nearest() -> None:
    answer = run.invoke(app, ["explain", "--city", "taoyan", "--person", SENIOR])
    assert answer.exit_code == 3
    assert "taoyuan" in answer.stderr


def test_the_shipped_packs_are_right() -> None:
    answer = run.invoke(app, ["pack", "check", "--json"])
    assert answer.exit_code == 0
    report = json.loads(answer.stdout)
    assert report["mistakes"] == []
    assert {pack["city"] for pack in report["checked"]} >= {"taipei", "taoyuan"}


def test_a_mistake_is_named_with_file_line_and_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = tmp_path / "taoyuan"
    shutil.copytree(find_pack("taoyuan").directory, pack)
    rules = pack / "entitlements.yaml"
    text = rules.read_text("utf-8").replace("age_at_least: 65", "age_at_lest: 65", 1)
    rules.write_text(text, "utf-8")
    line = text[: text.index("age_at_lest")].count("\n") + 1
    monkeypatch.setenv("CITYCARD_PACKS", str(tmp_path))
    answer = run.invoke(app, ["pack", "check", "--city", "taoyuan"])
    assert answer.exit_code == 1
    wanted = f"taoyuan/entitlements.yaml:{line}: unknown condition word “age_at_lest”"
    assert wanted in answer.stdout
    assert "did you mean “age_at_least”?" in answer.stdout


def test_the_page_about_conditions_is_up_to_date() -> None:
    from tools.conditions import conditions

    page = find_pack("taipei").directory.parents[1] / "docs" / "reference" / "conditions.md"
    assert page.read_text("utf-8").endswith(conditions())


def test_a_pack_stands_in_a_directory_of_its_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(find_pack("taoyuan").directory, tmp_path / "mycity")
    monkeypatch.setenv("CITYCARD_PACKS", str(tmp_path))
    answer = run.invoke(app, ["pack", "check", "mycity"])
    assert answer.exit_code == 1
    assert (
        "mycity/pack.yaml:2: the pack “taoyuan” stands in the directory “mycity”" in answer.stdout
    )


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        (
            "people/population.csv",
            b"# x\ndistrict,sex\n6800100,m,1,2\n",
            "csv:3: a row has a district",
        ),
        ("places.yaml", None, "places.yaml:1: this file is missing"),
        ("people/population.csv", None, "population.csv:1: this file is missing"),
        ("kpis.yaml", "市".encode("big5"), "kpis.yaml:1: the file is not UTF-8"),
        ("kpis.yaml", b"[]", "should be a mapping"),
    ],
)
def test_a_broken_file_is_a_mistake_and_no_crash(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    content: bytes | None,
    says: str,
) -> None:
    pack = tmp_path / "taoyuan"
    shutil.copytree(find_pack("taoyuan").directory, pack)
    if content is None:
        (pack / file).unlink()
    else:
        (pack / file).write_bytes(content)
    monkeypatch.setenv("CITYCARD_PACKS", str(tmp_path))
    answer = run.invoke(app, ["pack", "check", "taoyuan"])
    assert answer.exit_code == 1, answer.exception
    assert says in answer.stdout
