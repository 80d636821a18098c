"""Everything a person reads is there in both languages.

Refusals: msgid is the code, in the catalogues of both languages of the context that raises it.
Templates and code: msgid is the zh-Hant text itself, with an English translation.
"""

import ast
import functools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import polib
import pytest
from django.template import Engine, engines
from django.template.base import FilterExpression, Node, TextNode, Variable
from django.templatetags.i18n import BlockTranslateNode

from citycard.infra.web.texts import missing_translations, told
from tests.architecture.house import PACKAGE, python_files, relative, strings_in, tree_of
from tools.reference import all_refusals

CHINESE = re.compile(r"[\u3400-\u9fff]")
# cc/style is the developers' style guide: samples with invented data, shown in demos only
TEMPLATES = sorted(it for it in PACKAGE.rglob("templates/**/*.html") if it.parent.name != "style")
GETTEXT = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "gettext_noop"}
ITSELF = {"中文"}  # a language is named in that language
PARAMETER = re.compile(r"%\((\w+)\)s")
# A constant of a template is looked up as it is parsed: its own words stand in the file alone.
LITERAL = re.compile(r"(?:translate |_\()\"([^\"]+)\"(?! context)")


@functools.cache
def catalogue(language: str) -> dict[str, str]:
    """Return msgid → msgstr of one language, of every app, for what is said without a context."""
    return {
        entry.msgid: entry.msgstr or (entry.msgstr_plural or {}).get(0, "")
        for _path, entry in entries(language)
        if not entry.msgctxt
    }


def entries(language: str) -> Iterator[tuple[str, polib.POEntry]]:
    """Yield every text of a language with the catalogue that it stands in."""
    for path in PACKAGE.rglob(f"locale/{language}/LC_MESSAGES/django.po"):
        for entry in polib.pofile(str(path)):
            if not entry.obsolete and not entry.fuzzy:
                yield relative(path), entry


@pytest.mark.parametrize("language", ["zh_Hant", "en"])
def test_one_text_has_one_translation(language: str) -> None:
    """All catalogues are one at run time, and the last one wins: what means two things in two doors
    says which by a context (`pgettext`, `{% translate … context … %}`)."""
    said: dict[tuple[str, str], dict[frozenset[str], list[str]]] = {}
    for path, entry in entries(language):
        words = frozenset((entry.msgstr_plural or {0: entry.msgstr}).values())
        places = said.setdefault((entry.msgctxt or "", entry.msgid), {})
        places.setdefault(words, []).append(path)
    twofold = {text: dict(ways) for text, ways in said.items() if len(ways) > 1}
    assert not twofold, "\n".join(f"{text}: {ways}" for text, ways in twofold.items())


def test_every_text_has_words_in_its_own_context() -> None:
    """A text with a context isn't translated by the same text without one."""
    missing = missing_translations()
    assert not missing, told(missing)


@pytest.mark.parametrize("language", ["zh_Hant", "en"])
def test_every_refusal_has_words(language: str) -> None:
    missing = [it.code for it in all_refusals() if not catalogue(language).get(it.code)]
    assert not missing, f"no {language} text: {missing}"


@pytest.mark.parametrize("language", ["zh_Hant", "en"])
def test_a_refusals_words_use_only_facts_it_has(language: str) -> None:
    wrong = {}
    for refusal in all_refusals():
        told = set(re.findall(r"\{(\w+)", refusal.__doc__ or ""))
        used = set(PARAMETER.findall(catalogue(language).get(refusal.code, "")))
        if used - told:
            wrong[refusal.code] = used - told
    assert not wrong, f"parameters that the docstring's sentence doesn't name: {wrong}"


@pytest.mark.parametrize("path", TEMPLATES, ids=relative)
def test_every_text_of_a_template_has_english(path: Path) -> None:
    texts = {*texts_of(template_of(path)), *LITERAL.findall(path.read_text(encoding="utf-8"))}
    missing = {text for text in texts if text and not catalogue("en").get(text)} - ITSELF
    assert not missing, f"no English: {sorted(missing)}"


@pytest.mark.parametrize("path", TEMPLATES, ids=relative)
def test_no_template_speaks_one_language_only(path: Path) -> None:
    bare = [
        node.s.strip()
        for node in template_of(path).nodelist.get_nodes_by_type(TextNode)
        if CHINESE.search(_without_language_names(node.s))
    ]
    assert not bare, f"not translatable: {bare}"


def test_every_text_of_the_code_has_english() -> None:
    missing = sorted(
        f"{relative(path)}:{line}: {text}"
        for path in python_files(PACKAGE)
        for line, text in gettext_calls(path)
        if text and not catalogue("en").get(text)
    )
    assert not missing, "no English:\n" + "\n".join(missing)


def test_no_door_speaks_one_language_only() -> None:
    """A door's Chinese texts are msgids; an f-string never is one."""
    msgids = {entry.msgid for _path, entry in entries("en")}
    found = [
        f"{relative(path)}:{line}: {text}"
        for path in python_files(PACKAGE / "portals")
        for line, text in strings_in(path)
        if CHINESE.search(text) and text not in _docstrings(path) | ITSELF
        if text not in msgids
    ]
    assert not found, "\n".join(found)


def texts_of(template: Any) -> Iterator[str]:
    """Yield every text that a template translates: its tags', its blocks', its filters'."""
    for node in template.nodelist.get_nodes_by_type(Node):
        if isinstance(node, BlockTranslateNode):
            yield from _block_texts(node)
        for value in vars(node).values():
            yield from _translated(value)


def template_of(path: Path) -> Any:
    engine: Engine = engines["django"].engine
    return engine.from_string(path.read_text(encoding="utf-8"))


def gettext_calls(path: Path) -> Iterator[tuple[int, str]]:
    """Yield every literal that code hands to gettext."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and _called(node) in GETTEXT and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.lineno, first.value


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _block_texts(node: BlockTranslateNode) -> Iterator[str]:
    for tokens in (node.singular, node.plural):
        if tokens:
            text = node.render_token_list(tokens)[0]
            if node.trimmed:
                text = " ".join(line.strip() for line in text.strip().splitlines())
            yield text


def _translated(value: Any) -> Iterator[str]:
    """Yield what `_("…")` and `{% translate %}` name inside a node's attribute."""
    if isinstance(value, Variable) and value.translate and isinstance(value.literal, str):
        yield value.literal
    for inner in _inside(value):
        yield from _translated(inner)


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, FilterExpression):
        return [value.var, *(arguments for _, arguments in value.filters)]
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list | tuple) else ()


def _without_language_names(text: str) -> str:
    for name in ITSELF:
        text = text.replace(name, "")
    return re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)


def _docstrings(path: Path) -> set[str]:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {
        node.body[0].value.value
        for node in ast.walk(tree_of(path))
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None
    }
