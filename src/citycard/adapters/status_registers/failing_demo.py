"""Registers of statuses that always fail, each in one way."""

from collections.abc import Sequence

from citycard.adapters.household_registry.failing_demo import FailingHouseholdRegister
from citycard.people.ports import RegisterAnswer, RegisterQuestion


class FailingStatusRegister(FailingHouseholdRegister):
    """Fails at every look-up, whatever the status."""

    def look_up(  # type: ignore[override]  # a status is asked about, too
        self, status: str, questions: Sequence[RegisterQuestion]
    ) -> Sequence[RegisterAnswer]:
        """Fail.

        :raises OSError: always, but for nonsense
        """
        return super().look_up(questions)
