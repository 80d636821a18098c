"""Who owes whom, drawn: a row a debtor, a column a creditor, the darker the more."""

from collections import defaultdict
from collections.abc import Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from citycard.infra.web.charts import Figure
from citycard.infra.web.wording import number
from citycard.ledger import api as ledger
from citycard.portals.agency.book_words import party_name

NAME, COLUMN, ROW, HEAD = 168, 112, 40, 64
_SHORT = 9
_DARKER = (0.5, 0.2, 0.05)  # of the largest amount: darkest, middle, light


def who_owes_whom(positions: Sequence[ledger.Position]) -> Figure | None:
    """Draw the NT$ that each party owes each other; None when nobody owes anything."""
    owed: defaultdict[tuple[str, str], int] = defaultdict(int)
    for it in positions:
        owed[it.debtor, it.creditor] += it.worth or 0
    owed = defaultdict(int, {pair: amount for pair, amount in owed.items() if amount})
    if not owed:
        return None
    debtors = sorted({debtor for debtor, _creditor in owed})
    creditors = sorted({creditor for _debtor, creditor in owed})
    return Figure(
        title=_("誰應付給誰"),
        about=_("橫列付給直欄，新臺幣元；顏色愈深金額愈大。"),
        drawing=_drawing(debtors, creditors, owed),
        head=[_("應付"), *map(party_name, creditors)],
        rows=[
            [party_name(debtor), *(_amount(owed.get((debtor, it), 0)) for it in creditors)]
            for debtor in debtors
        ],
    )


def _drawing(
    debtors: Sequence[str], creditors: Sequence[str], owed: dict[tuple[str, str], int]
) -> SafeString:
    most = max(abs(amount) for amount in owed.values())
    parts = [_column_name(party_name(code), n) for n, code in enumerate(creditors)]
    for y, debtor in enumerate(debtors):
        top = HEAD + y * ROW
        parts.append(
            format_html(
                '<text x="0" y="{}">{}</text>', top + 26, _fitting(party_name(debtor), _SHORT)
            )
        )
        parts += [
            _cell(owed.get((debtor, creditor), 0), most, NAME + x * COLUMN, top)
            for x, creditor in enumerate(creditors)
        ]
    width, height = NAME + len(creditors) * COLUMN, HEAD + len(debtors) * ROW
    told = "; ".join(
        f"{party_name(debtor)} → {party_name(creditor)} {number(amount)}"
        for (debtor, creditor), amount in sorted(owed.items())
    )
    return format_html(
        '<svg class="cc-matrix" width="{w}" height="{h}" role="img"'
        ' aria-label="{title}: {told}"><g class="cc-chart">{body}</g></svg>',
        w=width,
        h=height,
        title=_("誰應付給誰"),
        told=told,
        body=mark_safe("".join(parts)),  # noqa: S308 - each part was made by format_html
    )


def _column_name(name: str, n: int) -> SafeString:
    """Write a creditor's name over its column, in two lines where it is long."""
    first, rest = name[:6], _fitting(name[6:], 6)
    if not any(ord(letter) > 0x2E7F for letter in name):
        first, rest = _fitting(name, 13), ""
    right = NAME + (n + 1) * COLUMN - 8
    return format_html(
        '<text class="soft" x="{x}" y="24" text-anchor="end">{first}</text>'
        '<text class="soft" x="{x}" y="44" text-anchor="end">{rest}</text>',
        x=right,
        first=first,
        rest=rest,
    )


def _cell(amount: int, most: int, x: int, y: int) -> SafeString:
    share = abs(amount) / most
    depth = next((n for n, least in enumerate(_DARKER, 1) if share >= least), 4)
    style = "rest" if not amount else str(depth)
    return format_html(
        '<rect class="cell cell--{s}" x="{x}" y="{y}" width="{w}" height="{h}"/>'
        '<text class="cell-text--{s}" x="{t}" y="{b}" text-anchor="end">{amount}</text>',
        s=style,
        x=x,
        y=y,
        w=COLUMN - 2,
        h=ROW - 2,
        t=x + COLUMN - 10,
        b=y + 25,
        amount=_amount(amount),
    )


def _amount(amount: int) -> str:
    return number(amount) if amount else ""


def _fitting(text: str, most: int) -> str:
    wide = sum(2 if ord(letter) > 0x2E7F else 1 for letter in text)
    if wide <= 2 * most:
        return text
    while text and sum(2 if ord(letter) > 0x2E7F else 1 for letter in text) > 2 * most - 1:
        text = text[:-1]
    return f"{text}…"
