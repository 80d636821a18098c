"""Why did I get this: agency, campaign, reason and how long it lasts, for every point given."""

import datetime as dt

import pytest

from citycard.activities import api as activities
from citycard.ledger import api as ledger
from tests.activities.conftest import END, NOW, UNIT, give, open_campaign, tap

pytestmark = pytest.mark.django_db


def test_every_point_says_who_gives_it_why_and_until_when() -> None:
    campaign = open_campaign()
    (award,) = give([tap(7)])
    assert award.move is not None
    reason = activities.reasons(refs=[award.move.ref])[award.move.ref]

    assert (reason.agency, reason.names, reason.unit) == ("health", campaign.names, UNIT)
    assert (reason.why, reason.points_each_time) == ("taking_part", 10)
    assert reason.gives_until == dt.date(2026, 12, 21)
    balance = ledger.balances(holders=[7], unit=UNIT, on=NOW.date(), access=None)[7]
    assert [lot.expires_on for lot in balance.lots] == [reason.spend_by(NOW.date())]
    assert END > NOW


def test_a_happening_is_named_and_what_is_no_campaign_is_left_out() -> None:
    made = open_campaign(trigger="cards.card.bound", devices=[])
    refs = [f"campaign:{made.id}", "campaign:0", "campaign:x", "redemption:3", ""]
    found = activities.reasons(refs=refs)
    assert list(found) == [f"campaign:{made.id}"]
    assert found[refs[0]].happening == "cards.card.bound"
    assert found[refs[0]].why == "happening"
