"""Many kiosks on one balance: exactly as many succeed as it allows."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from citycard.kernel.errors import Refused
from citycard.ledger import api as ledger
from citycard.redemptions import api as redemptions
from tests.harness.patience import PATIENCE_S
from tests.redemptions.conftest import Card, balance, mark_writing, new_card, reserve, settle

pytestmark = pytest.mark.usefixtures("fresh_database")


def redeem(card: Card) -> str:
    try:
        session = reserve(card, 3)
    except Refused as refusal:
        return refusal.code
    finally:
        connection.close()
    try:
        mark_writing(session)
        card.write(3)
        return settle(session, card).state
    finally:
        connection.close()


@pytest.mark.parametrize("times", [20, 500])
def test_parallel_redemptions_of_one_balance(times: int) -> None:
    owner = new_card(50)
    cards = [Card(id=1_000_000 + times * 1000 + n, member=owner.member) for n in range(times)]
    begin = threading.Barrier(16)
    waited = threading.local()

    def one(card: Card) -> str:
        if not hasattr(waited, "yes"):
            waited.yes = True
            begin.wait(PATIENCE_S)
        return redeem(card)

    with ThreadPoolExecutor(16) as pool:
        found = Counter(pool.map(one, cards))

    assert found == {"settled": 16, "ledger.not_enough_points": times - 16}
    assert balance(owner) == (2, 0)
    assert sum(card.purse - 100 for card in cards) == 48
    assert ledger.verify() == redemptions.verify() == []
