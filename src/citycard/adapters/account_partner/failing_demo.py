"""A partner that is not there: credits wait, visibly, with their points held."""

import datetime as dt
from collections.abc import Sequence

from citycard.redemptions.ports import Credit, CreditAnswer


class NoAccountPartner:
    """Refuses everything, as a line that is down does."""

    def credit(self, credits: Sequence[Credit]) -> Sequence[CreditAnswer]:
        """Refuse.

        :raises ConnectionError: always
        """
        raise ConnectionError("no account partner is connected")

    def answers_of(self, partner: str, business_day: dt.date) -> Sequence[CreditAnswer]:
        """Refuse.

        :raises ConnectionError: always
        """
        raise ConnectionError("no account partner is connected")

    def check(self) -> str:
        """Refuse.

        :raises ConnectionError: always
        """
        raise ConnectionError("no account partner is connected")
