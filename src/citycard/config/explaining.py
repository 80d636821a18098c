"""What a person may have on a day, and why not the rest: the answer of `citycard explain`."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from citycard.infra.packs import Pack, Text
from citycard.rules import api as rules

_HEADINGS = {
    "may": Text("可以享有", "May have"),
    "unknown": Text("資料不足，尚不能確定", "Not known yet"),
    "may_not": Text("不能享有", "May not have"),
    "not_yet": Text("當日尚未開辦", "Did not exist yet"),
}
_MARKS = {"may": "✓", "unknown": "?", "may_not": "✗", "not_yet": "–"}
_GIFTS = {
    "subsidy_points_each_month": Text("每月補助 {} 點", "{} points each month"),
    "fare_percent": Text("票價 {}%", "{}% of the fare"),
    "holiday_fare_percent": Text("假日票價 {}%", "{}% of the fare on holidays"),
    "base_km": Text("基本里程 {} 公里", "{} km of base distance"),
    "free_km": Text("免費 {} 公里", "{} km free"),
    "fare_cap_ntd": Text("車資上限 {} 元", "at most NT${} a ride"),
    "free_days": Text("免費入園 {} 日", "{} free day(s) of entry"),
    "entry_percent": Text("其後票價 {}%", "{}% of the ticket afterwards"),
}
_APPLY = Text("須申請，由{}核定", "by application; {} decides")
_APPROVED = Text("已核定", "approved")
_PAPERS = Text("請備：{}", "bring: {}")
_SINCE = Text("自 {} 起", "from {} on")
_CHANGES = Text("下次可能變動：{}", "could change on {}")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One entitlement of the answer."""

    code: str
    name: str
    group: str
    reasons: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    papers: list[str] = field(default_factory=list)
    gives: dict[str, int] = field(default_factory=dict)
    source: str = ""
    changes_on: dt.date | None = None
    granted_by: str = ""
    approved: bool = False


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """The whole answer, for people and for programs."""

    city: str
    city_name: str
    on: dt.date
    language: str
    lines: list[Line]

    def as_dict(self) -> dict[str, Any]:
        """Return the answer as one JSON object, a list a group."""
        answer: dict[str, Any] = {"city": self.city, "on": self.on.isoformat()}
        for group in _HEADINGS:
            answer[group] = [_as_data(line) for line in self.lines if line.group == group]
        return answer

    def as_text(self) -> str:
        """Return the answer as lines to read."""
        return "\n".join(self._told())

    def _told(self) -> Iterator[str]:
        yield f"{self.city_name} {self.on}"
        for group, heading in _HEADINGS.items():
            lines = [line for line in self.lines if line.group == group]
            if lines:
                yield ""
                yield heading.in_(self.language)
            for line in lines:
                yield f"  {_MARKS[group]} {line.name}  [{line.code}]"
                yield from (f"      {each}" for each in (*line.notes, *line.reasons))


def explain_person(
    pack: Pack, person: Mapping[str, Any], *, on: dt.date, language: str
) -> Explanation:
    """Decide every entitlement of a city for one person on one day.

    :raises BadRule: when the person can't be read, with the nearest known fact or name.
    """
    names = rules.vocabulary_of(pack)
    facts = rules.read_person(person, names=names)
    table = rules.read_rules(pack.table("entitlements"), names=names)
    teller = _Teller(pack, facts, on, language)
    return Explanation(
        city=pack.code,
        city_name=pack.name.in_(language),
        on=on,
        language=language,
        lines=[teller.line(rule) for rule in table],
    )


@dataclass(frozen=True)
class _Teller:
    pack: Pack
    facts: rules.Facts
    on: dt.date
    language: str

    def line(self, rule: rules.Rule) -> Line:
        name = rule.name.in_(self.language)
        if self.on < rule.since:
            return Line(
                code=rule.code, name=name, group="not_yet", notes=[self._say(_SINCE, rule.since)]
            )
        decision = rule.may_have(self.facts, self.on)
        missing = sorted(decision.missing)
        papers = self._papers(missing)
        may = decision.verdict is rules.Verdict.YES
        changing = rule if may else rule.eligible
        changes_on = changing.next_change(self.facts, self.on)
        approved = rule.has(self.facts, self.on).verdict is rules.Verdict.YES
        return Line(
            code=rule.code,
            name=name,
            group=_GROUPS[decision.verdict],
            reasons=self._reasons(decision.because),
            notes=self._notes(rule, decision.verdict, papers, approved, changes_on),
            missing=missing,
            papers=papers,
            gives=self._gives(rule) if may else {},
            source=rule.source,
            changes_on=changes_on,
            granted_by=rule.granted_by,
            approved=approved,
        )

    def _notes(
        self,
        rule: rules.Rule,
        verdict: rules.Verdict,
        papers: list[str],
        approved: bool,
        changes_on: dt.date | None,
    ) -> list[str]:
        notes = []
        if verdict is rules.Verdict.YES:
            notes += [self._say(_GIFTS[k], v) for k, v in self._gives(rule).items() if k in _GIFTS]
            notes += self._granting(rule, approved)
        if papers:
            notes.append(self._say(_PAPERS, "、".join(papers)))
        if changes_on is not None:
            notes.append(self._say(_CHANGES, changes_on))
        return notes

    def _granting(self, rule: rules.Rule, approved: bool) -> list[str]:
        if rule.granted_by != "application":
            return []
        if approved:
            return [_APPROVED.in_(self.language)]
        agency = self.pack.text("agencies", "agencies", rule.settings["decided_by"], "name")
        return [self._say(_APPLY, agency.in_(self.language))]

    def _gives(self, rule: rules.Rule) -> dict[str, int]:
        found = {}
        for name in rule.gives:
            payload = rule.gift(name, self.facts, self.on).payload
            if payload is not None and "amount" in payload:
                found[name] = payload["amount"]
        return found

    def _reasons(self, because: rules.Because) -> list[str]:
        marks = {rules.Verdict.YES: "✓", rules.Verdict.NO: "✗", rules.Verdict.UNKNOWN: "?"}
        told = [
            f"{marks[leaf.verdict]} {leaf.sentence(self.language)}"
            for leaf in because.decisive()
            if leaf.word not in _UNSAID
        ]
        return list(dict.fromkeys(told))

    def _papers(self, missing: list[str]) -> list[str]:
        papers = self.pack.table("papers")["papers"].values()
        wanted = [paper for paper in papers if set(paper["proves"]) & set(missing)]
        return [Text.read(paper["name"]).in_(self.language) for paper in wanted]

    def _say(self, text: Text, value: object) -> str:
        return text.in_(self.language).format(value)


_GROUPS = {
    rules.Verdict.YES: "may",
    rules.Verdict.NO: "may_not",
    rules.Verdict.UNKNOWN: "unknown",
}
_UNSAID = frozenset({"alive"})  # said only when it is the reason


def _as_data(line: Line) -> dict[str, Any]:
    data = {
        "entitlement": line.code,
        "name": line.name,
        "because": line.reasons,
        "notes": line.notes,
        "missing": line.missing,
        "papers": line.papers,
        "gives": line.gives,
        "granted_by": line.granted_by,
        "approved": line.approved,
        "changes_on": line.changes_on.isoformat() if line.changes_on else None,
        "source": line.source,
    }
    return data
