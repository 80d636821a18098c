"""The ledger as anybody would write it on paper: accounts, moves and what was taken back, as
dictionaries. No keys to look up in an index, no locks, no batches, no SQL.

It knows nothing of how the ledger does it; the two must agree on every answer and every sum.
"""

import datetime as dt
from typing import Any

Account = tuple[Any, ...]  # ("member", unit, holder, fund, last day), ("budget", unit, fund) …
GUARDED = {"member", "held", "budget"}
ZONE = dt.timedelta(hours=8)
A_MOMENT = dt.timedelta(milliseconds=1)


def day(at: dt.datetime) -> dt.date:
    return (at + ZONE).date()


def month(at: dt.datetime) -> dt.date:
    return day(at).replace(day=1)


def following(first: dt.date) -> dt.date:
    return (first + dt.timedelta(days=32)).replace(day=1)


def end_of(last: dt.date) -> dt.datetime:
    midnight = dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), dt.UTC)
    return midnight - ZONE - A_MOMENT


class Model:
    """One city's books.

    :ivar rules: unit → ("fund" or "city", days of grace)
    :ivar heard: unit → days for which a lot waits for late uploads before it lapses
    """

    def __init__(
        self, rules: dict[str, tuple[str, int]], heard: dict[str, int] | None = None
    ) -> None:
        self.rules = rules
        self.heard = heard or {}
        self.amounts: dict[Account, int] = {}
        self.moves: dict[Any, dict[str, Any]] = {}
        self.holds: dict[Any, str] = {}
        self.closed: set[dt.date] = set()

    # -- moves

    def post(self, key: Any, at: dt.datetime, lines: list[dict[str, Any]]) -> str:
        changed = dict(self.amounts)
        for line in lines:
            for account, sign in ((line["src"], -1), (line["dst"], 1)):
                changed[account] = changed.get(account, 0) + sign * line["amount"]
        touched = [account for line in lines for account in (line["src"], line["dst"])]
        if any(account[0] in GUARDED and changed[account] < 0 for account in touched):
            return "short"
        self.amounts = changed
        self.moves[key] = {"at": at, "booked": self.books(at), "lines": lines}
        return "posted"

    def books(self, at: dt.datetime) -> dt.date:
        booked = month(at)
        while booked in self.closed:
            booked = following(booked)
        return booked

    def move(self, key: Any, at: dt.datetime, src: Account, dst: Account, amount: int) -> str:
        return self.post(key, at, [line(src, dst, amount)])

    # -- spending and holding

    def spend(
        self, key: Any, at: dt.datetime, holder: int, unit: str, amount: int, into: Account | None
    ) -> str:
        lots = [
            lot
            for lot, there in self.amounts.items()
            if lot[:3] == ("member", unit, holder) and there
            if lot[4] is None or lot[4] >= day(at)
        ]
        lots.sort(key=lambda lot: (lot[4] or dt.date.max, lot[3]))
        lines = []
        for lot in lots:
            part = min(self.amounts[lot], amount)
            if part:
                lines.append(line(lot, into or ("held", *lot[1:]), part))
                amount -= part
        if amount:
            return "short"
        if into is None:
            self.holds[key] = "held"
        return self.post(key, at, lines)

    def end(
        self, key: Any, hold: Any, at: dt.datetime, into: Account | None, grace: dt.date | None
    ) -> str:
        if self.holds.get(hold) != "held":
            return "ended"
        self.holds[hold] = "settled" if into else "released"
        lines = []
        for taken in self.moves[hold]["lines"]:
            _, unit, holder, fund, last = taken["dst"]
            late = last is not None and last < day(at)
            back = ("member", unit, holder, fund, grace if late and grace else last)
            lines.append(line(taken["dst"], into or back, taken["amount"]))
        return self.post(key, at, lines)

    # -- taking back

    def left(self, key: Any) -> int:
        return sum(self.room(key, n) for n in range(len(self.moves[key]["lines"])))

    def room(self, key: Any, n: int) -> int:
        """How much of a line can be taken back: every step up the chain must have room for it."""
        rooms, gives = [], False
        while True:
            taken = self.moves[key]["lines"][n]
            rooms.append(taken["back"] if gives else taken["amount"] - taken["back"])
            if taken["of"] is None:
                return int(min(rooms))
            (key, n), gives = taken["of"], not gives

    def reverse(
        self, key: Any, of: Any, at: dt.datetime, amount: int | None, grace: dt.date | None
    ) -> str:
        if no := self.why_not(of, amount):
            return no
        before, left = self.moves[of]["lines"], self.left(of)
        wanted, lines = left if amount is None else amount, []
        for n in reversed(range(len(before))):
            part = min(self.room(of, n), wanted)
            if part:
                wanted -= part
                back = line(before[n]["dst"], self.alive(before[n]["src"], at, grace), part)
                lines.append({**back, "of": (of, n)})
        answer = self.post(key, at, lines)
        if answer == "posted":
            for one in lines:
                self.note(*one["of"], one["amount"])
        return answer

    def why_not(self, of: Any, amount: int | None) -> str | None:
        if of not in self.moves:
            return "ledger.move_unknown"
        lines, left = self.moves[of]["lines"], self.left(of)
        ends = ("held", "member")
        if any(one["dst"][0] == "held" or (one["src"][0], one["dst"][0]) == ends for one in lines):
            return "ledger.not_reversible"
        if not left or (amount or 0) > left:
            return "ledger.taken_back"
        if amount is not None and len({one["src"][1] for one in lines}) > 1:
            return "ledger.whole_only"
        return None

    def note(self, key: Any, n: int, change: int) -> None:
        """What takes back what took something back gives it back."""
        while True:
            taken = self.moves[key]["lines"][n]
            taken["back"] += change
            if taken["of"] is None:
                return
            (key, n), change = taken["of"], -change

    def alive(self, account: Account, at: dt.datetime, grace: dt.date | None) -> Account:
        if account[0] not in ("member", "held"):
            return account
        _, unit, holder, fund, last = account
        if last is not None and last < day(at):
            last = grace or day(at) + dt.timedelta(days=self.rules[unit][1])
        return ("member", unit, holder, fund, last)

    # -- lapsing and exchanging

    def lapse(self, now: dt.datetime) -> list[tuple[Account, int]]:
        """Returns what lapsed; ``named`` gives each its key afterwards."""
        lapsed = []
        for lot, there in list(self.amounts.items()):
            if lot[0] != "member" or not there or lot[4] is None:
                continue
            if lot[4] + dt.timedelta(days=self.heard.get(lot[1], 0)) >= day(now):
                continue
            _, unit, _, fund, last = lot
            to = ("budget", unit, fund) if self.rules[unit][0] == "fund" else ("breakage", unit)
            came = [m["at"] for m in self.moves.values() for one in m["lines"] if one["dst"] == lot]
            at = now if max(came) > end_of(last) else end_of(last)
            key = ("lapse", lot, len(self.moves))
            assert self.move(key, at, lot, to, there) == "posted"
            self.moves[key]["lapses"] = True
            lapsed.append((lot, there))
        return lapsed

    def named(self, lot: Account, key: Any) -> None:
        """Give the newest lapse of a lot the key that the ledger gave it."""
        ours = next(k for k in reversed(self.moves) if isinstance(k, tuple) and k[1] == lot)
        self.moves[key] = self.moves.pop(ours)

    def exchange(
        self, key: Any, at: dt.datetime, holder: int, give: tuple[str, int], get: Account, got: int
    ) -> str:
        through = Model(self.rules)
        through.amounts = dict(self.amounts)
        if through.spend(key, at, holder, *give, ("city", give[0], "exchange")) != "posted":
            return "short"
        lines = through.moves[key]["lines"]
        return self.post(key, at, [*lines, line(("city", get[1], "exchange"), get, got)])

    # -- reports

    def lots(self) -> dict[Account, int]:
        return {a: n for a, n in self.amounts.items() if a[0] == "member" and n}

    def held(self, unit: str) -> dict[int, int]:
        found: dict[int, int] = {}
        for account, there in self.amounts.items():
            if account[:2] == ("held", unit) and there:
                found[account[2]] = found.get(account[2], 0) + there
        return found

    def classes(self, on: dt.date) -> dict[tuple[str, str], int]:
        """The trial balance of a day: what had happened, and was booked, by its end."""
        found: dict[tuple[str, str], int] = {}
        for move in self.moves.values():
            if day(move["at"]) <= on and move["booked"] <= on:
                for one in move["lines"]:
                    for account, sign in ((one["src"], -1), (one["dst"], 1)):
                        name = account[:2]
                        found[name] = found.get(name, 0) + sign * one["amount"]
        return {name: there for name, there in found.items() if there}

    def totals(self, unit: str, fund: int) -> dict[str, int]:
        """What became of a fund's points, counted from the moves."""
        own = ("budget", unit, fund)
        found = dict.fromkeys(("awarded", "redeemed", "lapsed", "exchanged"), 0)
        other = {
            "budget": "awarded",
            "partner": "redeemed",
            "breakage": "lapsed",
            "city": "exchanged",
        }
        for one, lapses in (
            (one, "lapses" in move) for move in self.moves.values() for one in move["lines"]
        ):
            for lot, far, sign in ((one["src"], one["dst"], 1), (one["dst"], one["src"], -1)):
                if lot[0] in ("member", "held") and lot[3] == fund and far[0] in other:
                    name = "lapsed" if lapses else other[far[0]]
                    found[name] += sign * one["amount"] * (-1 if name == "awarded" else 1)
        at = {
            name: sum(n for a, n in self.amounts.items() if a[0] == name and a[3] == fund)
            for name in ("member", "held")
        }
        return {
            **found,
            "budget": self.amounts.get(own, 0),
            "with_people": at["member"],
            "held": at["held"],
        }

    def positions(self, booked: dt.date) -> dict[tuple[int, str], int]:
        """What each fund gave and what partners redeemed of it, booked in one month."""
        found: dict[tuple[int, str], int] = {}
        for move in self.moves.values():
            for one in move["lines"] if move["booked"] == booked else ():
                for lot, far, sign in ((one["src"], one["dst"], 1), (one["dst"], one["src"], -1)):
                    if lot[0] in ("member", "held") and far[0] in ("budget", "partner"):
                        kind = "awarded" if far[0] == "budget" else "redeemed"
                        value = sign * one["amount"] * (-1 if kind == "awarded" else 1)
                        found[lot[3], kind] = found.get((lot[3], kind), 0) + value
        return {name: there for name, there in found.items() if there}

    def months(self) -> set[dt.date]:
        return {move["booked"] for move in self.moves.values()}


def line(src: Account, dst: Account, amount: int) -> dict[str, Any]:
    return {"src": src, "dst": dst, "amount": amount, "back": 0, "of": None}
