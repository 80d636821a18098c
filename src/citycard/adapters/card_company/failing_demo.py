"""A card company that is not there: names wait, visibly."""

import datetime as dt
from collections.abc import Sequence

from citycard.issuing.ports import Acknowledgement, NameRegistration
from citycard.redemptions.ports import LoadingFile


class NoCardCompany:
    """Refuses everything, as a line that is down does."""

    def register_names(
        self, registrations: Sequence[NameRegistration]
    ) -> Sequence[Acknowledgement]:
        """Refuse.

        :raises ConnectionError: always
        """
        raise ConnectionError("no card company is connected")

    def check(self) -> str:
        """Refuse.

        :raises ConnectionError: always
        """
        raise ConnectionError("no card company is connected")


class NoLoadingRecords:
    """No company's files are connected: what waits for them waits visibly."""

    def files_of(self, partner: str, business_day: dt.date) -> Sequence[LoadingFile]:
        """Refuse.

        :raises ConnectionError: always
        """
        raise ConnectionError("no card company's files are connected")

    def check(self) -> str:
        """Refuse.

        :raises ConnectionError: always
        """
        raise ConnectionError("no card company's files are connected")
