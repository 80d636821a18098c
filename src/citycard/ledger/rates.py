"""At which rate units are exchanged on a day, and which amounts come out whole. From the pack."""

import datetime as dt
import math
from dataclasses import dataclass

from citycard.infra.packs import Text, current_pack
from citycard.kernel.errors import NotFound, Refused


class NotExchanged(Refused):
    """This exchange begins on {first}."""

    code = "ledger.not_exchanged"


class AmountNotExchanged(Refused):
    """{amount} can't be exchanged without a remainder; {below} or {above} can."""

    code = "ledger.amount_not_exchanged"


@dataclass(frozen=True, kw_only=True)
class ExchangeTerms:
    """The terms of one exchange on one day.

    :ivar gives, gets: units, by the pack's codes
    :ivar give, get: so much of the one is so much of the other
    :ivar least, step: the smallest amount to give, and of what it is a multiple
    :ivar agency: who answers for what is got
    """

    code: str
    name: Text
    gives: str
    gets: str
    give: int
    get: int
    least: int
    step: int
    agency: str
    since: dt.date
    source: str

    @property
    def whole_step(self) -> int:
        """Return the smallest amount of which every multiple comes out whole."""
        return math.lcm(self.step, self.give // math.gcd(self.give, self.get))

    def most(self, available: int) -> int:
        """Return the largest amount that may be given by who has so much; 0 for none."""
        most = available // self.whole_step * self.whole_step
        return most if most >= self.least else 0

    def worth(self, amount: int) -> int:
        """Return what an amount given is worth.

        :raises AmountNotExchanged: it leaves a remainder, or is too little; with the nearest
            amounts that do not
        """
        if amount < self.least or amount % self.whole_step:
            below, above = self._nearest(amount)
            raise AmountNotExchanged(amount=amount, below=below, above=above)
        return amount // self.give * self.get + amount % self.give * self.get // self.give

    def _nearest(self, amount: int) -> tuple[int, int]:
        step = self.whole_step
        first = -(-self.least // step) * step
        below = max(amount // step * step, first)
        return below, below + step


def exchange_terms(*, code: str, on: dt.date) -> ExchangeTerms:
    """Return the pack's terms of an exchange on a local day.

    :raises NotFound: the pack has no such exchange
    :raises NotExchanged: it begins later
    """
    exchanges = current_pack().table("points").get("exchanges", {})
    if code not in exchanges:
        raise NotFound(what="exchange")
    row = exchanges[code]
    begun = [rate for rate in row["rate"] if rate["from"] <= on]
    if not begun:
        raise NotExchanged(first=min(rate["from"] for rate in row["rate"]))
    rate = max(begun, key=lambda one: one["from"])
    return ExchangeTerms(
        code=code,
        name=Text.read(row["name"]),
        gives=row["from"],
        gets=row["to"],
        give=rate["give"],
        get=rate["get"],
        least=row["least"],
        step=row["step"],
        agency=row["agency"],
        since=rate["from"],
        source=rate.get("source", row["source"]),
    )


def exchange_codes() -> list[str]:
    """Return the codes of the pack's exchanges."""
    return list(current_pack().table("points").get("exchanges", {}))
