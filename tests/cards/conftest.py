"""Cards for tests."""

import datetime as dt
import itertools
from collections.abc import Callable

import pytest

from citycard.cards import api as cards
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM

NOW = dt.datetime(2026, 11, 2, 1, 0, tzinfo=dt.UTC)
_numbers = itertools.count(1)


@pytest.fixture
def new_card(db: None) -> Callable[..., int]:
    """Make a card known and return its id; with `member`, bind it."""

    def make(*, member: int | None = None, kind: str = "general", number: str = "") -> int:
        number = number or f"{next(_numbers):016d}"
        card = cards.NewCard(kind=kind, medium="easycard", numbers={"printed": number})
        with unit_of_work():
            [made] = cards.register_many(cards=[card], actor=SYSTEM, now=NOW)
            assert made.card_id is not None
            if member is not None:
                bind = cards.Bind(card_id=made.card_id, member_id=member)
                [bound] = cards.bind_many(binds=[bind], actor=SYSTEM, now=NOW)
                assert bound.refusal is None
        return made.card_id

    return make
