"""Cards to show; as for tests of cards."""

from tests.cards.conftest import new_card

__all__ = ["new_card"]
