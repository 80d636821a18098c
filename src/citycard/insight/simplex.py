"""A small exact linear programme: how large can a variable be, given what is known? Pure.

Numbers are whole or fractions, never rounded, so a bound is a proof. Dictionaries after Chvátal
(Linear Programming, 1983, chapters 2, 3 and 8), Bland's rule against circling.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction

Number = int | Fraction
Terms = dict[int, Number]
Sum = tuple[Number, Terms]
"""A constant and a sum over variables."""
_EXTRA = -1
"""The variable that makes any start feasible; driven to zero before the first answer."""


class Contradiction(ValueError):
    """No assignment of the variables fulfils every relation."""


class Programme:
    """Relations over variables that are zero or more, kept solved for some of them.

    Each basic variable is a constant and a sum over the others: ``_rows[v] = (constant, terms)``.
    """

    def __init__(self, *, zero: Iterable[Sum], least: Iterable[Sum], variables: int) -> None:
        """Take sums that are zero and sums that are zero or more, each a constant and its terms.

        :raises Contradiction: they can't all hold
        """
        self._constants: dict[int, Number] = {}
        self._rows: dict[int, Terms] = {}
        for constant, terms in zero:
            self._solve(constant, terms)
        for slack, (constant, terms) in enumerate(least, start=variables):
            self._constants[slack], self._rows[slack] = self._in_others(constant, terms)
        self._make_feasible()

    def largest(self, terms: Terms, enough: Number | None = None) -> Number | None:
        """Return the largest value of a sum, None where nothing bounds it.

        :param enough: stop as soon as the sum can reach this, and return what was reached
        """
        value, rest = self._in_others(0, terms)
        while True:
            if enough is not None and value >= enough:
                return value
            entering = min((v for v, factor in rest.items() if factor > 0), default=None)
            if entering is None:
                return value
            leaving = self._first_to_vanish(entering)
            if leaving is None:
                return None
            self._exchange(entering, leaving)
            factor = rest.pop(entering)
            value += factor * self._constants[entering]
            _add(rest, self._rows[entering], factor)

    def _solve(self, constant: Number, terms: Terms) -> None:
        constant, terms = self._in_others(constant, terms)
        if not terms:
            if constant:
                raise Contradiction
            return
        chosen = min(terms, key=lambda v: (abs(terms[v]) != 1, v))
        factor = terms.pop(chosen)
        self._constants[chosen] = _over(-constant, factor)
        self._rows[chosen] = {v: _over(-each, factor) for v, each in terms.items()}
        self._replace(chosen)

    def _in_others(self, constant: Number, terms: Mapping[int, Number]) -> tuple[Number, Terms]:
        """Write a sum in the variables that no row is solved for."""
        found: Terms = {}
        for variable, factor in terms.items():
            row = self._rows.get(variable)
            if row is None:
                _add(found, {variable: 1}, factor)
            else:
                constant += factor * self._constants[variable]
                _add(found, row, factor)
        return constant, found

    def _make_feasible(self) -> None:
        worst = min(self._constants, key=lambda v: self._constants[v], default=None)
        if worst is None or self._constants[worst] >= 0:
            return
        for row in self._rows.values():
            row[_EXTRA] = 1
        self._exchange(_EXTRA, worst)
        if self.largest({_EXTRA: -1}) != 0:
            raise Contradiction
        if _EXTRA in self._rows:
            row = self._rows[_EXTRA]
            if row:
                self._exchange(min(row), _EXTRA)
            else:
                del self._rows[_EXTRA], self._constants[_EXTRA]
        for row in self._rows.values():
            row.pop(_EXTRA, None)

    def _first_to_vanish(self, entering: int) -> int | None:
        """Return the basic variable that reaches zero first as another grows."""
        ratios = [
            (Fraction(self._constants[v]) / -row[entering], v)
            for v, row in self._rows.items()
            if row.get(entering, 0) < 0
        ]
        return min(ratios)[1] if ratios else None

    def _exchange(self, entering: int, leaving: int) -> None:
        row, constant = self._rows.pop(leaving), self._constants.pop(leaving)
        factor = row.pop(entering)
        self._constants[entering] = _over(-constant, factor)
        new = {v: _over(-each, factor) for v, each in row.items()}
        new[leaving] = _over(1, factor)
        self._rows[entering] = new
        self._replace(entering)

    def _replace(self, variable: int) -> None:
        """Write every other row without a variable that a row is solved for now."""
        mine, constant = self._rows[variable], self._constants[variable]
        for other, row in self._rows.items():
            if other != variable and (factor := row.pop(variable, 0)):
                self._constants[other] = _whole(self._constants[other] + factor * constant)
                _add(row, mine, factor)


def _add(into: Terms, row: Mapping[int, Number], factor: Number) -> None:
    for variable, each in row.items():
        total = into.get(variable, 0) + factor * each
        if total:
            into[variable] = _whole(total)
        else:
            into.pop(variable, None)


def _over(number: Number, by: Number) -> Number:
    if by in (1, -1):
        return number * by
    return _whole(Fraction(number) / by)


def _whole(number: Number) -> Number:
    return number.numerator if isinstance(number, Fraction) and number.denominator == 1 else number
