"""Plain Django forms come out right: order, ties for screen readers, errors that name the field."""

import re
from datetime import date

import pytest
from django import forms
from django.template import Context, Template
from django.utils.translation import override

from citycard.infra.web.forms import RocDateField
from citycard.infra.web.style_samples import SampleForm, bad_form


class Birthday(forms.Form):
    born_on = RocDateField(label="出生日期")


def drawn(text: str, **facts: object) -> str:
    return Template("{% load cc %}" + text).render(Context(facts))


def test_label_hint_error_and_control_stand_in_this_order() -> None:
    html = drawn("{% field form.name %}", form=bad_form())
    places = [html.index(part) for part in ("<label", "helptext", "errorlist", "<input")]
    assert places == sorted(places)
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'id="id_name_error"' in html


def test_the_summary_links_to_a_control_that_is_there() -> None:
    form = bad_form()
    summary = drawn("{% error_summary form %}", form=form)
    fields = drawn("{% fields form %}", form=form)
    targets = re.findall(r'href="#([^"]+)"', summary)
    assert len(targets) == len(form.errors)
    assert all(f'id="{target}"' in fields for target in targets)
    assert "姓名：請填寫這一項。" in summary


def test_a_fresh_form_shows_no_summary() -> None:
    assert drawn("{% error_summary form %}", form=SampleForm()).strip() == ""


def test_the_form_itself_draws_everything() -> None:
    html = str(bad_form())
    assert html.count('class="cc-field') == len(SampleForm.base_fields)
    assert "cc-errors" in html


def test_optional_is_said_and_required_is_not() -> None:
    assert "（選填）" in drawn("{% field form.email %}", form=SampleForm())
    assert "（選填）" not in drawn("{% field form.name %}", form=SampleForm())


def test_labels_and_errors_are_escaped() -> None:
    form = SampleForm({"name": '"><script>alert(1)</script>'})
    assert "<script>alert" not in drawn("{% fields form %}{% error_summary form %}", form=form)


@pytest.mark.parametrize(("year", "month", "day", "wanted"), [
    ("70", "5", "12", date(1981, 5, 12)),       # a year of the Republic
    ("1981", "5", "12", date(1981, 5, 12)),     # a western year
    ("1", "1", "1", date(1912, 1, 1)),          # its first
    ("70", "13", "1", None),
    ("113", "2", "29", date(2024, 2, 29)),      # a leap year
    ("114", "2", "29", None),
    ("七十", "5", "12", None),
    ("70", "", "12", None),                     # half filled in
    ("-70", "5", "12", None),
    ("99999", "5", "12", None),
])  # fmt: skip
def test_dates_in_parts(year: str, month: str, day: str, wanted: date | None) -> None:
    form = Birthday({"born_on_year": year, "born_on_month": month, "born_on_day": day})
    assert form.is_valid() is (wanted is not None)
    assert form.cleaned_data.get("born_on") == wanted


def test_a_known_date_is_shown_in_the_republics_year() -> None:
    html = drawn("{% field form.born_on %}", form=Birthday(initial={"born_on": date(1951, 3, 2)}))
    assert re.findall(r'value="(\d+)"', html) == ["40", "3", "2"]


def test_an_empty_date_is_asked_for() -> None:
    form = Birthday({})
    with override("zh-hant"):
        assert form.errors["born_on"] == ["請填寫這一項。"]
