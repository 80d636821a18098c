"""What figures mean: the pack's definitions, the same for every agency."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from citycard.infra.packs import current_pack
from citycard.insight.gathering import Bands


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What a figure means.

    :ivar name: its name in each language
    :ivar definition: how it is counted, the same for every agency
    :ivar unit: what one of it is, in each language
    :ivar shared: whether agencies see each other's figure
    :ivar settings: what else the pack sets of it: ``bands``, ``months``, ``every_days``,
        ``within_days``, ``regular_days``, ``steps``
    """

    code: str
    name: Mapping[str, str]
    definition: Mapping[str, str]
    unit: Mapping[str, str] = field(default_factory=dict)
    shared: bool = False
    settings: Mapping[str, object] = field(default_factory=dict)


_TEXTS = ("name", "definition", "unit", "shared")


def measures() -> dict[str, Measure]:
    """Return the pack's definitions of its figures, by code."""
    table = current_pack().table("kpis")["measures"]
    return {
        code: Measure(
            code=code,
            **{part: row[part] for part in _TEXTS},
            settings={name: value for name, value in row.items() if name not in _TEXTS},
        )
        for code, row in table.items()
    }


def funnel_steps() -> dict[str, Measure]:
    """Return what each step from the right to a regular means, by code."""
    table = current_pack().table("kpis")["measures"]["funnel"]
    return {
        code: Measure(code=code, unit=table["unit"], shared=table["shared"], **row)
        for code, row in table["steps"].items()
    }


def bands() -> Bands:
    """Return where the tables of days begin a new line."""
    table = current_pack().table("kpis")["measures"]
    return Bands(
        days=tuple(table["days_of_use"]["bands"]), intervals=tuple(table["interval"]["bands"])
    )


def regular_days() -> int:
    """Return from how many days of use in a month on somebody is a regular."""
    return int(current_pack().table("kpis")["measures"]["funnel"]["regular_days"])


def months_of_history() -> int:
    """Return how many months a history shows."""
    return int(current_pack().table("kpis")["measures"]["history"]["months"])


def least_people() -> int:
    """Return how many people a figure must speak of to be shown."""
    return int(current_pack().table("pack")["privacy"]["small_cell"])
