"""Random cities for the attack: people who tap, counted by plain loops."""

import datetime as dt
import itertools
import random
from collections import Counter, defaultdict

from citycard.insight.figures import Answers, Counts
from citycard.insight.funnel import Reach
from citycard.insight.gathering import MonthCounts
from citycard.insight.tree import Leaf


def _node(code, *below, services=()):
    about = {"code": code, "name": {"zh-Hant": code, "en": code}}
    return about | ({"children": list(below)} if below else {"services": list(services)})


SHAPE = _node(
    "all",
    _node("transit", services=("ride", "bike")),
    _node("leisure", _node("sports", services=("swim",)), _node("books", services=("loan",))),
)
SERVICES = ("ride", "bike", "swim", "loan")
NEEDS = {"ride": "", "bike": "", "swim": "sports", "loan": "library"}


def taps(chance: random.Random, *, months: int = 1):
    """Yield (day, service, agency, place, person): a few accounts of few or many people."""
    for service in SERVICES:
        crowds = [chance.choice((1, 3, 9, 10, 12, 20, 40)) for _ in range(chance.randint(0, 3))]
        for agency, crowd in enumerate(crowds):
            places, busy = chance.randint(1, 3), chance.choice((1, 2, 4, 12))
            for month in range(1, months + 1):
                for person in range(crowd):
                    if chance.random() < 0.2:
                        continue
                    who = person + chance.choice((0, 0, 50)) * agency
                    for _ in range(chance.choice((1, 1, 2, busy))):
                        day = dt.date(2016, month, chance.randint(1, chance.choice((2, 6, 28))))
                        place = min(chance.randrange(places), chance.randrange(places))
                        yield day, service, f"{service}{agency}", f"p{place}", who


def counted(seen, **changes):
    """Count taps by month, as the tables would."""
    first, by_month = {}, defaultdict(list)
    for tap in seen:
        day, service, _, _, who = tap
        month = day.replace(day=1)
        by_month[month].append(tap)
        first[service, who] = min(first.get((service, who), month), month)
    return [_month(month, rows, first, **changes) for month, rows in sorted(by_month.items())]


def _month(month, rows, first, **changes):
    uses, people = Counter(), defaultdict(set)
    accounts = defaultdict(list)
    for day, service, agency, place, who in rows:
        uses[service, agency, place] += 1
        for about in ((service,), (service, agency), (service, agency, place)):
            people[about].add(who)
        accounts[service, agency].append((day, place, who))
    return MonthCounts(
        **{
            "month": month,
            "shape": SHAPE,
            "service_names": {},
            "leaves": [Leaf(service=s, agency=a, place=p, uses=n) for (s, a, p), n in uses.items()],
            "people": {about: len(them) for about, them in people.items()},
            "together": _together(SHAPE, "", people),
            "accounts": {
                account: _account(month, account, seen, first) for account, seen in accounts.items()
            },
            "answers": {
                account: _answers(random.Random(repr(account)), len(people[account]))
                for account in accounts
            },
            "needs": NEEDS,
            "reach": _reach(random.Random(repr(sorted(rows))), people),
            **changes,
        }
    )


def _reach(chance, people):
    """A few more have the card than came, a few more the right than the card, or none."""
    found = {}
    for need in sorted(set(NEEDS.values())):
        came = [people.get((service,), set()) for service, of in NEEDS.items() if of == need]
        carded = len(set().union(*came)) + chance.choice((0, 1, 9, 10, 11, 40))
        found[need] = Reach(holders=carded + chance.choice((0, 0, 3, 10, 30)), carded=carded)
    return found


def _together(node, path, people):
    """People of all services of each part of the tree, each once."""
    code = path + node["code"]
    below = [_together(child, f"{code}/", people) for child in node.get("children", ())]
    them = set().union(*(people[service,] for service in _services(node)))
    return {code: len(them)} | {code: n for found in below for code, n in found.items()}


def _services(node):
    inner = [_services(child) for child in node.get("children", ())]
    return [*node.get("services", ()), *itertools.chain(*inner)]


def _answers(chance, people):
    """Some of the people answer, most of them well."""
    given = Counter(chance.choice((1, 3, 4, 5, 5, 5)) for _ in range(chance.randint(0, people)))
    by_score = {score: (n, n) for score, n in given.items()}
    return Answers(by_score=by_score, people=sum(given.values()))


def _account(month, account, seen, first):
    days_of, by_place, by_day = defaultdict(set), defaultdict(set), defaultdict(set)
    for day, place, who in seen:
        days_of[who].add(day)
        by_place[account[1], place].add(who)
        by_day[day].add(who)
    gaps = Counter()
    for days in days_of.values():
        order = sorted(days)
        if len(order) > 1:
            apart = sorted((b - a).days for a, b in itertools.pairwise(order))
            gaps[apart[(len(apart) - 1) // 2]] += 1
    return Counts(
        uses_by_place=Counter((account[1], place) for _, place, _ in seen),
        people_by_place={place: len(them) for place, them in by_place.items()},
        uses_by_day=Counter(day for day, _, _ in seen),
        people_by_day={day: len(them) for day, them in by_day.items()},
        days_of_use=Counter(len(days) for days in days_of.values()),
        refusals=0,
        new_people=sum(first[account[0], who] == month for who in days_of),
        intervals=gaps,
    )
