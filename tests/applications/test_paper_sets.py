"""無國民身分證者: 健保卡及戶口名簿正本. A programme's papers, item by item; IDs of all kinds."""

import datetime as dt

import pytest

from citycard.applications import forms
from citycard.applications.completing import missing_from
from citycard.config import wiring

ON = dt.date(2023, 5, 2)
INSTEAD = ["health-insurance-card", "household-transcript"]
CITIZEN, NEW_PERMIT, OLD_PERMIT, PASSPORT = "A123456789", "A800000014", "AB12345677", "P1234567"


@pytest.fixture(autouse=True)
def _taichung() -> object:
    with wiring.city("taichung"):
        yield


def papers_missing(answers: dict[str, str], given: set[str]) -> list[str]:
    form = forms.form()
    asked = {"birth_on": "1990-01-02", "id_number": CITIZEN, "applied_by": "self", **answers}
    found = missing_from(form, ["flora-card"], asked, given, held=(), on=ON)
    return [one.code for one in found if one.kind == "paper"]


@pytest.mark.parametrize(
    ("answers", "given", "missing"),
    [
        ({"id_paper": "card"}, set(), ["identity-card"]),
        ({"id_paper": "card"}, {"identity-card"}, []),
        ({"id_paper": "none"}, set(), INSTEAD),
        ({"id_paper": "none"}, {"health-insurance-card"}, ["household-transcript"]),
        ({"id_paper": "none"}, {"household-transcript"}, ["health-insurance-card"]),
        ({"id_paper": "none"}, {"identity-card"}, INSTEAD),
        ({"id_paper": "none"}, set(INSTEAD), []),
        (
            {"id_paper": "none", "birth_on": "2015-01-02"},  # a child's guardian agrees, too
            {"health-insurance-card", "household-transcript"},
            ["guardian-consent"],
        ),
    ],
)  # fmt: skip
def test_each_paper_is_asked_for_by_itself(
    answers: dict[str, str], given: set[str], missing: list[str]
) -> None:
    assert papers_missing(answers, given) == missing


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (CITIZEN, "citizen"),
        (NEW_PERMIT, "resident_new"),
        (OLD_PERMIT, "resident_old"),
        (PASSPORT, "passport"),
        ("", None),
    ],
)
def test_ids_of_every_kind_say_whose_papers_are_asked_for(number: str, kind: str | None) -> None:
    from citycard.kernel.taiwan.national_id import with_check_digit

    valid = with_check_digit(number[:9]) if len(number) == 10 else number
    assert forms.id_kind(text=valid) == kind
    rows = {when: {"paper": "x", "when": when} for when in ("citizen", "foreigner")}
    needed = {when: forms._needed(row, {"id_number": valid}, ON) for when, row in rows.items()}
    assert needed == {"citizen": kind == "citizen", "foreigner": kind not in (None, "citizen")}
