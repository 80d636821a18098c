"""What the pages about the city's books share: who may see the whole of them, names, months."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest

from citycard.agencies import api as agencies
from citycard.flows import party_names
from citycard.infra.web import wording
from citycard.kernel.errors import NotFound
from citycard.ledger import api as ledger
from citycard.portals.doors import actor_of
from citycard.portals.naming import in_language

SEES = {"finance", "officer", "auditor"}
ACTS = {"finance", "officer"}
FIRST_YEAR, LAST_YEAR = 2000, 2100


def check_city_wide(request: HttpRequest) -> None:
    """Let only the agency that runs the card see the whole of the books.

    :raises NotFound: the reader works elsewhere
    """
    if not is_city_wide(request):
        raise NotFound(what="page")


def is_city_wide(request: HttpRequest) -> bool:
    """Tell whether the reader works for the agency that runs the card."""
    return actor_of(request).agency == agencies.operator()


def party_name(code: str) -> str:
    """Return the name of an agency or partner in the reader's language."""
    return in_language(party_names.party(code))


def unit_word(code: str) -> str:
    """Return the name of a unit, dollars among them."""
    return in_language(party_names.unit(code))


def read_month(text: str) -> dt.date:
    """Return a month written as ``2026-10``.

    :raises NotFound: it is no month
    """
    try:
        month = dt.datetime.strptime(text, "%Y-%m").replace(tzinfo=dt.UTC).date()
    except ValueError as wrong:
        raise NotFound(what="month") from wrong
    if not FIRST_YEAR <= month.year <= LAST_YEAR:
        raise NotFound(what="month")
    return month


def month_line(month: dt.date) -> dict[str, Any]:
    """Return a month as templates show it."""
    return {"value": f"{month:%Y-%m}", "name": wording.month(month)}


def fund_line(it: ledger.FundLine) -> dict[str, Any]:
    """Return a fund's month as templates show it."""
    changes = {name: it.changes.get(name, 0) for name in CHANGES}
    return {
        "it": it,
        "agency": party_name(it.agency),
        "unit": unit_word(it.unit),
        "late": sum(it.late.get(name, 0) for name in CHANGES),
        **changes,
    }


CHANGES = ("issued", "taken_back", "exchanged", "lapsed", "redeemed", "other")


def position_line(it: ledger.Position, funds: dict[int, ledger.Fund]) -> dict[str, Any]:
    """Return a position as templates show it."""
    return {
        "it": it,
        "debtor": party_name(it.debtor),
        "creditor": party_name(it.creditor),
        "fund": funds[it.fund].campaign_ref if it.fund else "",
        "unit": unit_word(it.unit),
    }


def position_lines(found: Sequence[ledger.Position]) -> list[dict[str, Any]]:
    """Return positions as templates show them."""
    funds = ledger.every_fund() if found else {}
    return [position_line(it, funds) for it in found]


def net_lines(nets: Sequence[ledger.Net]) -> list[dict[str, Any]]:
    """Return nets with the parties' names, the largest claim first."""
    return [{"it": it, "name": party_name(it.party)} for it in sorted(nets, key=lambda it: -it.net)]


def whose_name(account_class: str, code: str) -> str:
    """Return whose an account is, in the reader's language."""
    if not code:
        return ""
    kind, _, rest = code.partition(":")
    return f"{kind}: {party_name(rest)}" if rest else party_name(code)
