"""Registers of statuses behind the city's exchange gateway; see ``household_registry.gateway``.

The request names the status beside its questions: ``{"status": "disability", "questions": […]}``.
"""

from collections.abc import Sequence

from citycard.adapters.household_registry.gateway import GatewayHouseholdRegister
from citycard.people.ports import RegisterAnswer, RegisterQuestion


class GatewayStatusRegister(GatewayHouseholdRegister):
    """Behind ``people.ports.StatusRegister``."""

    def look_up(  # type: ignore[override]  # a status is asked about, too
        self, status: str, questions: Sequence[RegisterQuestion]
    ) -> Sequence[RegisterAnswer]:
        """Tell of each person whether they have the status.

        :raises OSError: it cannot be reached, refuses, or talks nonsense
        """
        return self._ask(questions, {"status": status})
