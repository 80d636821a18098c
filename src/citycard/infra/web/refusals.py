"""What a refusal says to people: the sentence by its code, what to do next, and its HTTP status.

Catalogues hold three msgids a code: `ledger.not_enough_points` (the sentence), and, where there is
more to say, `….next` (what to do now) and `….title` (the page's heading).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext, override
from django.utils.translation import gettext as _

from citycard.kernel.errors import NotFound, Refused

from . import wording

STATUS_BY_CODE = {
    "access_too_narrow": 403,
    "people.purpose_not_allowed": 403,
    "identity.level_too_low": 403,
    "identity.role_missing": 403,
    "applications.changed_meanwhile": 409,
}


@dataclass(frozen=True, kw_only=True)
class Said:
    """A refusal in words."""

    code: str
    title: str
    sentence: str
    next: str
    status: int


def status_of(refusal: Refused) -> int:
    """Return the HTTP status: 404, 403, 409 where they say more than 422."""
    if isinstance(refusal, NotFound) or refusal.code.endswith(".not_found"):
        return 404
    own = getattr(refusal, "http_status", None)
    return own if isinstance(own, int) else STATUS_BY_CODE.get(refusal.code, 422)


def _shown(value: Any) -> Any:
    if isinstance(value, datetime):
        return wording.date_time(value)
    if isinstance(value, date):
        return wording.date_long(value, weekday=False)
    if isinstance(value, bool) or not isinstance(value, int):
        return gettext(value) if isinstance(value, str) and "." in value else value
    return wording.number(value)


def _filled(msgid: str, facts: Mapping[str, Any]) -> str:
    text = gettext(msgid)
    if text == msgid:
        return ""
    try:
        return text % {name: _shown(value) for name, value in facts.items()}
    except (KeyError, TypeError, ValueError):
        return text


def words_of(code: str, facts: Mapping[str, Any]) -> str:
    """Put a refusal that was kept by its code and facts into words."""
    return _filled(code, facts) or code


def say(refusal: Refused, language: str | None = None) -> Said:
    """Put a refusal into words, in the reader's language or the one given."""
    if language:
        with override(language):
            return say(refusal)
    facts = refusal.facts
    # A code without a text is our own gap: the English docstring is better than a bare code.
    sentence = _filled(refusal.code, facts) or str(refusal)
    return Said(
        code=refusal.code,
        title=_filled(f"{refusal.code}.title", facts) or _("現在還不能這樣做"),
        sentence=sentence,
        next=_filled(f"{refusal.code}.next", facts),
        status=status_of(refusal),
    )


def refusal_text(refusal: Refused, language: str | None = None) -> str:
    """Return a refusal's sentence, with what to do next where the catalogue says so."""
    said = say(refusal, language)
    return f"{said.sentence}{said.next}" if said.next else said.sentence
