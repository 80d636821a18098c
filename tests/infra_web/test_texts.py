"""No text is without words in a language; catalogues compile; the extractor sees every text."""

from pathlib import Path

import pytest

from citycard.infra.web import texts


def test_every_text_of_the_design_system_has_words_in_both_languages() -> None:
    missing = texts.missing_translations(texts.SOURCE / "infra" / "web")
    assert not missing, "\n" + texts.told(missing)


@pytest.fixture
def app(tmp_path: Path) -> Path:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(
        '{% load i18n %}<h1>{% translate "卡片" %}</h1>'
        "{% blocktranslate with n=3 %}共 {{ n }} 張{% endblocktranslate %}"
        '{% nav_item "/" "x" _("服務") %}{% translate "單" context "月" %}'
    )
    (tmp_path / "losing.py").write_text(
        "from x import gettext as _\n"
        "class CardLost(Refused):\n    code = 'cards.lost'\n"
        "class CardIssued(Event):\n    code = 'cards.issued'\n"
        "text = _('掛失')\nmany = ngettext('%(n)s 張', '%(n)s 張', 2)\n"
        "old = pgettext('time', '剛剛')\n"
    )
    return tmp_path


def test_texts_are_found_in_code_and_templates(app: Path) -> None:
    found = {(each.context, each.msgid) for each in texts.used_texts(app)}
    assert found == {
        ("", "卡片"), ("", "共 %(n)s 張"), ("", "服務"), ("月", "單"),
        ("", "cards.lost"), ("", "掛失"), ("", "%(n)s 張"), ("time", "剛剛"),
    }  # fmt: skip


def test_a_code_needs_a_sentence_in_both_languages(app: Path) -> None:
    missing = texts.missing_translations(app, source=app)
    assert {m.language for m in missing if m.msgid == "cards.lost"} == {"en", "zh_Hant"}
    assert {m.language for m in missing if m.msgid == "掛失"} == {"en"}


def test_catalogues_compile_once_and_leave_uncertain_words_out(tmp_path: Path) -> None:
    folder = tmp_path / "locale" / "en" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
        'msgid "卡片"\nmsgstr "Card"\n\n#, fuzzy\nmsgid "服務"\nmsgstr "Servant"\n', "utf-8"
    )  # fmt: skip
    assert texts.compile_catalogues(source=tmp_path) == 1
    assert texts.compile_catalogues(source=tmp_path) == 0
    compiled = (folder / "django.mo").read_bytes()
    assert b"Card" in compiled
    assert b"Servant" not in compiled
