"""A month of one service at one agency, written by hand."""

import datetime as dt

from citycard.insight.figures import Counts
from citycard.insight.gathering import MonthCounts
from citycard.insight.publishing import publish
from citycard.insight.tree import Leaf

MONTH = dt.date(2016, 3, 1)
SHAPE = {
    "code": "all",
    "name": {"zh-Hant": "全部", "en": "All"},
    "children": [
        {"code": "transit", "name": {"zh-Hant": "運輸", "en": "Transport"}, "services": ["ride"]},
        {
            "code": "leisure",
            "name": {"zh-Hant": "休閒", "en": "Leisure"},
            "children": [
                {
                    "code": "sports",
                    "name": {"zh-Hant": "運動", "en": "Sports"},
                    "services": ["swim"],
                }
            ],
        },
    ],
}


def counts(**changes):
    """120 people, three places, two days, and nothing small."""
    usual = {
        "uses_by_place": {
            ("sports", "north"): 100,
            ("sports", "south"): 60,
            ("sports", "east"): 140,
        },
        "people_by_place": {
            ("sports", "north"): 70,
            ("sports", "south"): 50,
            ("sports", "east"): 20,
        },
        "uses_by_day": {dt.date(2016, 3, day): 60 for day in range(1, 6)},
        "people_by_day": {dt.date(2016, 3, day): 50 for day in range(1, 6)},
        "days_of_use": {1: 40, 2: 50, 3: 10, 4: 20},
        "refusals": 0,
        "new_people": 120,
        "intervals": {1: 30, 2: 50},
    }
    return Counts(**{**usual, **changes})


def published(
    *, known_before=None, others=(), least=10, answers=None, needs=None, reach=None, **changes
):
    """The month of the pool, with other accounts of (service, agency, place, uses, people)."""
    pool = counts(**changes)
    leaves = [
        Leaf(service="swim", agency=agency, place=place, uses=uses)
        for (agency, place), uses in pool.uses_by_place.items()
    ]
    people = {("swim", *where): n for where, n in pool.people_by_place.items()}
    for about in (("swim",), ("swim", "sports")):
        people[about] = sum(pool.days_of_use.values())
    for service, agency, place, uses, n in others:
        leaves.append(Leaf(service=service, agency=agency, place=place, uses=uses))
        for about in ((service,), (service, agency), (service, agency, place)):
            people[about] = people.get(about, 0) + n
    return publish(
        MonthCounts(
            month=MONTH,
            shape=SHAPE,
            service_names={},
            leaves=leaves,
            people=people,
            accounts={("swim", "sports"): pool},
            answers={("swim", "sports"): answers} if answers else {},
            known_before=known_before or {},
            needs=needs or {},
            reach=reach or {},
        ),
        least=least,
    )


def figures(**changes):
    """The pool's own page."""
    return published(**changes).pages["swim", "sports"]
