"""Catalogues: compile every app's texts, and name every text that a language lacks.

A msgid is the zh-Hant text itself, or the code of a refusal (both languages give its sentence).
"""

import ast
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.utils.translation import template as django_template

SOURCE = Path(__file__).resolve().parents[2]
LANGUAGES = {"zh_Hant": "zh-hant", "en": "en"}
_CALLS = {
    "gettext": 1, "gettext_lazy": 1, "gettext_noop": 1, "_": 1, "ngettext": 2, "ngettext_lazy": 2,
    "pgettext": -1, "pgettext_lazy": -1, "npgettext": -2,
}  # fmt: skip
_IN_TEMPLATE = re.compile(r"\b(_|gettext|ngettext|pgettext|npgettext)\((?=\s*[uU]?['\"])")
_CODE = re.compile(r"^[a-z0-9_]+(\.[a-z0-9_]+)+$")


@dataclass(frozen=True, order=True, kw_only=True)
class Text:
    """A text to translate and where it is used."""

    file: str
    line: int
    msgid: str
    context: str = ""
    is_code: bool = False


@dataclass(frozen=True, order=True, kw_only=True)
class Missing:
    """A text that a language has no words for."""

    file: str
    line: int
    msgid: str
    language: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: no {self.language} text for {self.msgid!r}"


def catalogue_files(source: Path = SOURCE) -> list[Path]:
    """Return every po file of the apps."""
    return sorted(source.rglob("locale/*/LC_MESSAGES/django.po"))


def compile_catalogues(force: bool = False, source: Path = SOURCE) -> int:
    """Compile the po files that changed since their mo was written, and return how many.

    Uncertain (fuzzy) entries stay out, as with GNU msgfmt.
    """
    stale = [po for po in catalogue_files(source) if force or _is_stale(po)]
    for po in stale:
        out = io.BytesIO()
        write_mo(out, _read(po), use_fuzzy=False)
        fresh = po.with_suffix(".mo.new")
        fresh.write_bytes(out.getvalue())
        fresh.replace(po.with_suffix(".mo"))  # another process may be reading
    return len(stale)


def _is_stale(po: Path) -> bool:
    mo = po.with_suffix(".mo")
    return not mo.is_file() or mo.stat().st_mtime_ns < po.stat().st_mtime_ns


def _read(po: Path) -> Catalog:
    with po.open("rb") as lines:
        return read_po(lines, abort_invalid=True)


def known(language: str, source: Path = SOURCE) -> set[tuple[str, str]]:
    """Return (context, msgid) of everything that a language (`en`, `zh_Hant`) has words for."""
    found: set[tuple[str, str]] = set()
    for po in catalogue_files(source):
        if po.parts[-3] != language:
            continue
        for message in _read(po):
            words = message.string if isinstance(message.string, list | tuple) else [message.string]
            if message.id and all(words) and not message.fuzzy:
                msgid = message.id[0] if isinstance(message.id, list | tuple) else message.id
                found.add((str(message.context or ""), str(msgid)))
    return found


def missing_translations(under: Path = SOURCE, source: Path = SOURCE) -> list[Missing]:
    """Return every text used under a directory that has no English words, and every refusal's code
    that lacks a sentence in either language."""
    have = {language: known(language, source) for language in LANGUAGES}
    gaps = []
    for text in used_texts(under):
        wanted = LANGUAGES if text.is_code or _CODE.match(text.msgid) else {"en": "en"}
        gaps += [
            Missing(file=text.file, line=text.line, msgid=text.msgid, language=language)
            for language in wanted
            if (text.context, text.msgid) not in have[language]
        ]
    return sorted(set(gaps))


def used_texts(under: Path = SOURCE) -> Iterator[Text]:
    """Yield every text that code and templates under a directory translate."""
    for path in sorted(under.rglob("*.py")):
        if not {"tests", "migrations"} & set(path.parts):
            yield from _in_code(path, path.read_text("utf-8"))
    for path in sorted(under.rglob("templates/**/*")):
        if path.suffix in {".html", ".txt"} and path.is_file():
            yield from _in_template(path, path.read_text("utf-8"))


def _in_code(path: Path, code: str) -> Iterator[Text]:
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _called(path, node)
        elif isinstance(node, ast.ClassDef):
            yield from _refusal_code(path, node)


def _called(path: Path, node: ast.Call) -> Iterator[Text]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    kind = _CALLS.get(name, 0)
    words = [_constant(argument) for argument in node.args]
    if not kind or not words or words[0] is None:
        return
    if kind < 0 and len(words) > 1 and words[1] is not None:
        yield _text(path, node.lineno, words[1], words[0])
    elif kind > 0:
        yield _text(path, node.lineno, words[0])


def _constant(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _refusal_code(path: Path, node: ast.ClassDef) -> Iterator[Text]:
    """A class with `code = "x.y"` that isn't an event is a refusal; so says its base's name."""
    bases = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
    if not bases or bases & {"Event", "Protocol", "Enum", "StrEnum"}:
        return
    for line in node.body:
        target, value = _assigned(line)
        if target == "code" and value and node.name != "Refused" and _is_refusal(node, bases):
            yield _text(path, line.lineno, value, is_code=True)


def _is_refusal(node: ast.ClassDef, bases: set[str]) -> bool:
    return any("Refus" in base or base in {"NotFound"} for base in bases) or "Refus" in node.name


def _assigned(line: ast.stmt) -> tuple[str, str | None]:
    if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
        return line.targets[0].id, _constant(line.value)
    if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and line.value:
        return line.target.id, _constant(line.value)
    return "", None


def _in_template(path: Path, html: str) -> Iterator[Text]:
    """Find texts in what Django's own extractor makes of a template."""
    code = django_template.templatize(html, origin=str(path))
    for match in _IN_TEMPLATE.finditer(code):
        line = code.count("\n", 0, match.start()) + 1
        call = _parsed(code[match.start() :])
        if call is not None:
            yield from (_text(path, line, t.msgid, t.context) for t in _called(path, call))


def _parsed(code: str) -> ast.Call | None:
    """Parse the call at the start of a text: as far as the first bracket that makes it whole."""
    for end in (i + 1 for i, letter in enumerate(code) if letter == ")"):
        try:
            node = ast.parse(code[:end], mode="eval").body
        except SyntaxError:
            continue
        return node if isinstance(node, ast.Call) else None
    return None


def _text(path: Path, line: int, msgid: str, context: str = "", is_code: bool = False) -> Text:
    file = path.relative_to(SOURCE.parent).as_posix() if SOURCE in path.parents else str(path)
    return Text(file=file, line=line, msgid=msgid, context=context, is_code=is_code)


def told(missing: Iterable[Missing]) -> str:
    """Write the gaps one a line, as a test prints them."""
    return "\n".join(str(each) for each in missing)
