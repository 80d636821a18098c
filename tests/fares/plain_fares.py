"""Fares once more, as a plain loop over dictionaries: slow, naive, and written apart from the
columns. What both say must be the same.

It reads the table itself, keeps fractions, and prices one ride after the other.
"""

import datetime as dt
from collections import defaultdict
from fractions import Fraction
from math import ceil, floor
from typing import Any

from citycard.fares.book import Book
from citycard.fares.spans import day_of
from citycard.fares.values import NONE, Ride

Row = dict[str, Any]


def rounded(amount: Fraction, how: str) -> int:
    if how == "up":
        return ceil(amount)
    return floor(amount) if how == "down" else floor(amount + Fraction(1, 2))


def exact(figure: Any) -> Fraction:
    return Fraction(str(figure))


def row_on(rows: list[Row], day: dt.date) -> Row | None:
    begun = [row for row in rows if row["from"] <= day]
    last = begun[-1] if begun else None
    return last if last is None or day <= last.get("until", dt.date.max) else None


class PlainFares:
    """The table of a city and what one person's month has seen so far."""

    def __init__(
        self, fares: Row, rights: Row, limits: Row, book: Book, is_off: Any = lambda day: False
    ) -> None:
        self.fares, self.rights, self.limits, self.book = fares, rights, limits, book
        self.is_off = is_off
        self.rides: list[tuple[Ride, str]] = []  # with their mode
        self.pairs: dict[str, int | None] = {}
        self.chains: dict[str, int | None] = {}
        self.days: dict[tuple[str, int], bool] = {}
        self.points_used = 0
        self.limit_used: dict[str, int] = defaultdict(int)

    def price(self, ride: Ride) -> Row:
        """Price the month's next ride."""
        line = self.book.lines[ride.line]
        said = self.fares.get("routes", {}).get(line.code, {}) if line.named else {}
        group = self.fares["classes"][line.group]
        tariff = self.fares["tariffs"][said.get("tariff", group["tariff"])]
        row = row_on(tariff["rows"], day_of(ride.day))
        marks = {mark.code for i, mark in enumerate(self.book.marks) if ride.marks >> i & 1}
        done = self._price(ride, row, line, group["mode"], marks)
        if self.fares["modes"][group["mode"]]["what"] == "ride":
            self.rides.append((ride, group["mode"]))
        return done

    def _price(self, ride: Ride, row: Row | None, line: Any, mode: str, marks: set[str]) -> Row:
        size = self._size(ride, row)
        one_tap = row is not None and row["kind"] == "flat" and "missing" not in row
        missed = ride.ended != 0 and not one_tap
        steps, applied = self._history(ride, line, mode, marks), []
        if missed:
            return self._missed(ride, row, marks)
        if row is None or size is None:
            return {
                "priced": False,
                "fare": 0,
                "owed": 0,
                "points": 0,
                "stored": 0,
                "reason": "unpriced",
            }
        whole = self._whole(row, size)
        raw, owed = whole, rounded(whole, row.get("rounding", "nearest"))
        fare, reason, relief = owed, "full", defaultdict(int)
        groups: set[str] = set()
        for code, step in steps:
            concession = self.fares["concessions"][code]
            if concession.get("group") in groups:
                continue
            before = owed
            raw, owed = self._take(step, row, size, raw, owed, applied)
            applied.append(step)
            relief[concession.get("fund")] += before - owed
            if owed < before:
                reason = code
            if concession.get("group"):
                groups.add(concession["group"])
        owed, points = self._points(ride, mode, line, marks, fare, owed)
        stored = self._stored(ride, owed - points)
        return {
            "priced": True, "fare": fare, "owed": owed, "points": points, "stored": stored,
            "reason": reason, "relief": dict(relief),
        }  # fmt: skip

    def _size(self, ride: Ride, row: Row | None) -> Fraction | int | None:
        kind = row["kind"] if row else "flat"
        if kind in ("distance", "bands"):
            return None if ride.metres == NONE else Fraction(ride.metres, 1000)
        if kind == "timed":
            return None if ride.alighted_at == NONE else ride.alighted_at - ride.boarded_at
        if kind == "told":
            return None if ride.told_ntd == NONE else ride.told_ntd
        return 0

    def _whole(self, row: Row, size: Any) -> Fraction:
        match row["kind"]:
            case "flat":
                return Fraction(row["ntd"])
            case "told":
                return Fraction(size)
            case "distance":
                km = max(size, exact(row["base_km"]))
                return max(Fraction(row.get("minimum_ntd", 0)), km * exact(row["per_km_ntd"]))
            case "bands":
                for band in row["bands"]:
                    if "above_km" in band or size <= exact(band["up_to_km"]):
                        return Fraction(band["ntd"])
        total, after = 0, 0
        for period in row["steps"]:
            end = period.get("up_to_minutes", 10**9) * 60
            inside = max(0, min(max(size, 1), end) - after)
            total += ceil(Fraction(inside, period["every_minutes"] * 60)) * period["ntd"]
            after = end
        return Fraction(total)

    def _missed(self, ride: Ride, row: Row | None, marks: set[str]) -> Row:
        rule = (row or {}).get("missing")
        if rule is None:
            return {
                "priced": False,
                "fare": 0,
                "owed": 0,
                "points": 0,
                "stored": 0,
                "reason": "unpriced",
            }
        if ride.ended == 2:
            return {
                "priced": True,
                "fare": 0,
                "owed": 0,
                "points": 0,
                "stored": 0,
                "reason": "locked",
            }
        half = marks & set(rule.get("half_for", ()))
        owed = rule.get("half_ntd", rule["full_ntd"]) if half else rule["full_ntd"]
        stored = self._stored(ride, owed)
        return {
            "priced": True,
            "fare": rule["full_ntd"],
            "owed": owed,
            "points": 0,
            "stored": stored,
            "reason": "missing",
        }

    def _history(self, ride: Ride, line: Any, mode: str, marks: set[str]) -> list[tuple[str, Row]]:
        """Return the steps that hold for the ride, in order; remember what later rides ask."""
        found = []
        for code in self.fares["order"]["value"]:
            each = self.fares["concessions"][code]
            row = row_on(each["rows"], day_of(ride.day))
            transfer = (row or {}).get("transfer")
            soon = self._soon(code, ride, mode, transfer) if transfer else False
            if (
                row is None
                or not self._is_for(each, line, mode, marks)
                or not self._today(row, ride)
            ):
                continue
            if transfer:
                if soon:
                    found.append((code, transfer))
            elif "first_of_day" in row:
                found += [(code, step) for step in self._of_day(code, ride, row["first_of_day"])]
            elif row.get("mileage", {}).get("reading") == "two_segments":
                if ride.ended == 0 and self._second(code, ride, row["mileage"]):
                    found.append((code, {"free_km": row["mileage"]["base_km"]}))
            else:
                found.append((code, row))
        return found

    def _is_for(self, each: Row, line: Any, mode: str, marks: set[str]) -> bool:
        return (
            (not each.get("who") or bool(marks & set(each["who"])))
            and not marks & set(each.get("unless", ()))
            and mode in each.get("modes", [mode])
            and line.group in each.get("classes", [line.group])
        )

    def _today(self, row: Row, ride: Ride) -> bool:
        on, day = row.get("on", {}), day_of(ride.day)
        return (
            day.isoweekday() in on.get("weekdays", [day.isoweekday()])
            and day.day in on.get("days_of_month", [day.day])
            and ("holidays" not in on or self.is_off(day) == on["holidays"])
        )

    def _soon(self, code: str, ride: Ride, mode: str, rule: Row) -> bool:
        if self.fares["modes"][mode]["what"] != "ride":
            return False
        gives = (
            ride.alighted_at if mode in rule["from_modes"] and ride.alighted_at != NONE else None
        )
        limit = rule["within_minutes"] * 60
        if rule["window"] == "first":
            anchor = self.chains.get(code)
            soon = anchor is not None and 0 <= ride.boarded_at - anchor <= limit
            self.chains[code] = anchor if soon else gives
            return soon
        if not self.rides:
            return False
        last, last_mode = self.rides[-1]
        if last_mode not in rule["from_modes"] or last.alighted_at == NONE:
            return False
        return 0 <= ride.boarded_at - last.alighted_at <= limit

    def _of_day(self, code: str, ride: Ride, rule: Row) -> list[Row]:
        key = (code, ride.day)
        earlier = self.days.get(key, False)
        self.days[key] = earlier or ride.ended == 0 or not rule["needs_tap_out"]
        if earlier:
            return [{"cap_ntd": 0}]
        return [{"cap_ntd": rule["ntd"]}] if "ntd" in rule else []

    def _second(self, code: str, ride: Ride, rule: Row) -> bool:
        first = self.pairs.get(code)
        second = first is not None and ride.boarded_at - first <= rule["within_minutes"] * 60
        self.pairs[code] = None if second else ride.boarded_at
        return second

    def _after(self, row: Row, size: Any, applied: list[Row]) -> int:
        """Return what another distance would owe by now."""
        raw = self._whole(row, size)
        owed = rounded(raw, row.get("rounding", "nearest"))
        for place, step in enumerate(applied):
            raw, owed = self._take(step, row, size, raw, owed, applied[:place])
        return owed

    def _take(
        self, step: Row, row: Row, size: Any, raw: Fraction, owed: int, applied: list[Row]
    ) -> tuple[Fraction, int]:
        far = row["kind"] in ("distance", "bands")
        if "percent" in step:
            of = raw if step.get("of") == "unrounded" else Fraction(owed)
            share = of * step["percent"] / 100
            new = rounded(share, step.get("rounding", "nearest"))
            return share, max(0, min(owed, new))
        if "cap_ntd" in step:
            new = step["cap_ntd"]
        elif "off_ntd" in step:
            new = owed - step["off_ntd"]
        elif "mileage" in step:
            base = exact(step["mileage"]["base_km"])
            paid = min(size, base) + max(size - 2 * base, 0) if far else size
            new = self._after(row, paid, applied) if far else owed
        elif "free_km" in step:
            free = exact(step["free_km"])
            new = owed
            if far and not (step.get("beyond") == "whole" and size > free):
                new = owed - self._after(row, min(size, free), applied)
        else:
            raise AssertionError(step)
        new = max(0, min(owed, new))
        return Fraction(new), new

    def _points(
        self, ride: Ride, mode: str, line: Any, marks: set[str], fare: int, owed: int
    ) -> tuple[int, int]:
        for rule in self.fares["points"]["rules"].values():
            for mark in rule["who"]:
                if mode not in rule["modes"] or line.group not in rule.get("classes", [line.group]):
                    continue
                right = self.fares["marks"][mark].get("entitlement", "")
                rows = rule.get("rows") or self.rights[right]["spends_on"][rule["category"]]
                row = row_on(rows, day_of(ride.day))
                if mark not in marks or row is None:
                    continue
                want = min(self._wanted(row, fare, owed), owed)
                if rule.get("account") == "city":
                    return owed - want, 0
                return owed, self._allowed(ride, rule["category"], want)
        return owed, 0

    def _wanted(self, row: Row, fare: int, owed: int) -> int:
        if "steps" in row:
            for step in row["steps"]:
                if "fare_above" in step or fare <= step["fare_up_to"]:
                    return int(step["points"])
            return 0
        return int(row["cap"]) if "cap" in row else owed if row.get("all") else 0

    def _allowed(self, ride: Ride, category: str, want: int) -> int:
        left = ride.points_open - self.points_used
        limit = next((code for code, each in self.limits.items() if category in each["on"]), None)
        row = row_on(self.limits[limit]["each_month"], day_of(ride.day)) if limit else None
        if row:
            left = min(left, row["amount"] - self.limit_used[str(limit)])
        points = min(want, max(left, 0))
        partial = row_on(self.fares["points"]["partial"], day_of(ride.day))
        if partial and not partial["use"] and points < want:
            points = 0
        self.points_used += points
        if row:
            self.limit_used[str(limit)] += points
        return points

    def _stored(self, ride: Ride, rest: int) -> int:
        if ride.purse_ntd == NONE:
            return rest
        below = 0
        if ride.medium != NONE and ride.purse_ntd >= self.fares["payment"]["boards_at_ntd"]:
            code = self.book.media[ride.medium]
            row = row_on(self.fares["media"][code]["overdraft"], day_of(ride.day))
            below = row["ntd"] if row else 0
        return max(0, min(ride.purse_ntd + below, rest))
