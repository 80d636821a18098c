"""A town for tests of offers, windows and functions: Taoyuan's pack with a park or three laid over
it, named for nothing that is."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness.cities import City
from tests.harness.databases import Clone
from tests.harness.packs import lay_a_pack_over, packs_in

CODE = "parkside"
CLOSES = dt.date(2026, 12, 1)
_TEXT = {"zh-Hant": "測試", "en": "Test"}


def _place(zh: str, en: str, agency: str = "culture") -> dict[str, Any]:
    name = {"zh-Hant": zh, "en": en}
    return {"agency": agency, "name": name, "serves": ["activity"], "readers": 0}


TABLES: dict[str, Any] = {
    "pack": {"neighbours": {"taoyuan": {"zh-Hant": "桃園市", "en": "Taoyuan City"}}},
    "agencies": {
        "agencies": {
            "culture": {"name": {"zh-Hant": "花博籌備處", "en": "Expo office"}, "kind": "bureau"},
            "river-college": {
                "name": {"zh-Hant": "河岸大學", "en": "River College"},
                "kind": "partner",
            },
            "farmers": {"name": {"zh-Hant": "農會", "en": "Farmers' club"}, "kind": "partner"},
            "bay-court": {"name": {"zh-Hant": "海灣社區", "en": "Bay Court"}, "kind": "partner"},
        }
    },
    "places": {
        "places": {
            "park-east": _place("東園區", "East park"),
            "park-west": _place("西園區", "West park"),
            "park-north": _place("北園區", "North park"),
            "museum": _place("博物館", "Museum"),
        }
    },
    "statuses": {
        "relations": {
            code: {
                "name": {"zh-Hant": zh, "en": en},
                "register": "roster",
                "vouched_by": agency,
                "proof": "spouse-papers",
                "expires": True,
                "sensitive": False,
                "by_roster": True,
            }
            for code, zh, en, agency in (
                ("river-staff", "河岸大學教職員", "River College staff", "river-college"),
                ("farmers-member", "農會會員", "Member of the farmers' club", "farmers"),
                ("bay-court-resident", "海灣社區住戶", "Resident of Bay Court", "bay-court"),
            )
        },
        "schools": {
            "named": {
                "upper-bank": {
                    "name": {"zh-Hant": "上岸國小", "en": "Upper Bank"},
                    "level": "primary",
                },
                "lower-bank": {
                    "name": {"zh-Hant": "下岸國小", "en": "Lower Bank"},
                    "level": "primary",
                },
            }
        },
        "registers": {
            "roster": {
                "name": {"zh-Hant": "機關名冊", "en": "Rosters"},
                "agency": "culture",
                "answers": [],
            }
        },
    },
    "entitlements": {
        "expo": {
            "name": {"zh-Hant": "花博入場", "en": "Expo entry"},
            "source": "測試",
            "agency": "culture",
            "granted_by": "law",
            "card_kind": "expo",
            "since": dt.date(2018, 11, 3),
            "who": {"registered_in": CODE},
        },
        "pilot-attendance": {
            "name": {"zh-Hant": "到離校通知（試辦）", "en": "Attendance notice (trial)"},
            "source": "測試（試辦學校）",
            "agency": "education",
            "granted_by": "law",
            "card_kind": "student",
            "since": dt.date(2015, 9, 1),
            "who": {"attends": ["upper-bank"]},
        },
        **{
            code: {
                "name": {"zh-Hant": zh, "en": en},
                "source": "測試",
                "agency": agency,
                "granted_by": "law",
                "since": dt.date(2015, 9, 1),
                "who": {"has_relation": relation},
            }
            for code, zh, en, agency, relation in (
                ("river-id", "河岸大學識別證", "River College ID", "river-college", "river-staff"),
                ("farmers-club", "農會會員證", "Farmers' club card", "farmers", "farmers-member"),
                ("bay-court-door", "海灣社區門禁", "Bay Court door", "bay-court",
                 "bay-court-resident"),
            )
        },
    },
    "cards": {
        "media": {
            "bank-card": {
                "name": {"zh-Hant": "銀行信用卡", "en": "Bank card"},
                "issuer": "bank",
                "stored_value": False,
                "numbers": {
                    "token": {
                        "name": {"zh-Hant": "代碼", "en": "Token"},
                        "pattern": "^BK(-[0-9]{4}){3}$",
                        "length": [17],
                        "mask": [4, 12],
                        "example": "BK-0000-0000-0001",
                    }
                },
                "shown": "token",
                "holders_own": True,
            }
        },
        "kinds": {
            "bank": {
                "name": {"zh-Hant": "銀行聯名卡", "en": "Bank card with the city"},
                "media": ["bank-card"],
                "personalised": False,
                "holders_own": True,
                "carries": ["points", "library"],
                "template": "general",
                "source": "測試",
            },
            "expo": {
                "name": {"zh-Hant": "花博卡", "en": "Expo card"},
                "media": ["easycard"],
                "personalised": False,
                "unnamed": True,
                "carries": ["expo"],
                "template": "general",
                "source": "測試",
            },
            "student": {
                "carries": ["student-service", "library", "points", "pilot-attendance"],
                "functions": {"library": {"from": dt.date(2026, 12, 1), "source": "測試"}},
                "versions": [
                    {"from": dt.date(2015, 9, 1), "version": "1", "template": "student"},
                    {"from": dt.date(2016, 9, 1), "version": "2", "template": "general",
                     "level": "primary"},
                    {"from": dt.date(2016, 9, 1), "version": "2", "template": "staff",
                     "level": ["junior", "senior"]},
                ],
                "replacement_version": "newest",
            },
        },
        "programmes": {
            "general-card": {
                "name": {"zh-Hant": "一般卡申辦", "en": "General card"},
                "agency": "rdec",
                "card_kinds": ["general"],
                "windows": [
                    {"from": dt.date(2015, 9, 1), "until": CLOSES, "source": "測試"},
                    {"from": dt.date(2027, 2, 1), "source": "測試（第二階段）"},
                ],
                "closed": {
                    "zh-Hant": "申請與補換發已於115年11月30日截止。",
                    "en": "Applications and reissues closed on 30 November 2026.",
                },
            }
        },
    },
    "offers": {
        "source": "測試",
        "offers": {
            "expo-entry": {
                "name": {"zh-Hant": "花博一日免費", "en": "Expo, one free day"},
                "source": "測試",
                "agency": "culture",
                "venues": ["park-east", "park-west", "park-north"],
                "from": dt.date(2026, 11, 3),
                "until": dt.date(2027, 4, 25),
                "full_ntd": 351,
                "terms": [
                    {"class": "free-day", "name": {"zh-Hant": "免費日", "en": "Free day"},
                     "card_kind": "expo", "days": "first", "percent": 0},
                    {"class": "half", "name": {"zh-Hant": "半價", "en": "Half price"},
                     "card_kind": "expo", "days": "later", "percent": 50},
                    {"class": "half", "name": {"zh-Hant": "半價", "en": "Half price"},
                     "card_kind": "general", "percent": 50, "from": dt.date(2027, 1, 1)},
                ],
            },
            "museum": {
                "name": {"zh-Hant": "市民票", "en": "Resident ticket"},
                "source": "測試",
                "agency": "culture",
                "venues": ["museum"],
                "full_ntd": 80,
                "terms": [
                    {"class": "resident", "name": {"zh-Hant": "市民", "en": "Resident"},
                     "right": "points", "ntd": 0},
                ],
            },
        },
    },
}  # fmt: skip


def parkside(root: Path) -> Path:
    """Write the town's pack under `root` and return where packs are looked for."""
    return lay_a_pack_over(root, CODE, "taoyuan", TABLES)


@pytest.fixture(scope="module")
def town(fresh_database: Clone, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """The town, its pack active in a database of its own; a test's conftest takes it over."""
    from citycard.flows import activating
    from citycard.infra import clock
    from citycard.infra.packs import current_pack

    with packs_in(parkside(tmp_path_factory.mktemp("packs")), CODE):
        activating.activate(pack=current_pack(), now=clock.now())
        yield City(code=CODE, database=fresh_database)
