"""Values that larger components are drawn from. Portals build them; templates only show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.safestring import SafeString


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of a summary list; with a url it can be changed."""

    label: str
    value: object
    url: str = ""
    change: str = ""
    badge: str = ""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One step of a case's progress. `state` is a name of badges.STATES or a tone with `word`."""

    title: str
    at: datetime | None = None
    body: str = ""
    state: str = "done"
    word: str = ""
    is_current: bool = False


@dataclass(frozen=True, kw_only=True)
class CardFace:
    """What stands on the face of a card. `kind` is the pack's code and picks the colour."""

    title: str
    kind_name: str
    masked_number: str
    state: str
    kind: str = "general"
    holder: str = ""
    valid_until: str = ""
    fresh_at: datetime | None = None
    code_url: str = ""
    features: Sequence[str] = ()
    is_virtual: bool = False


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What a choice card shows beside its radio or checkbox (see forms.ChoiceCards)."""

    title: str
    hint: str = ""
    icon: str = ""
    badge: str | SafeString = ""


@dataclass(frozen=True, kw_only=True)
class QueueItem:
    """A line of the counter's queue."""

    reference: str
    title: str
    url: str
    waited: str = ""
    state: str = ""
    is_current: bool = False
    is_late: bool = False


def as_row(value: "Row | Sequence[object]") -> Row:
    """Accept a Row or a (label, value[, url]) tuple."""
    if isinstance(value, Row):
        return value
    label, shown, *rest = value
    return Row(label=str(label), value=shown, url=str(rest[0]) if rest else "")
