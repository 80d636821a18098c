"""A card company that is not there: names wait, visibly."""

from collections.abc import Sequence

from citycard.issuing.ports import Acknowledgement, NameRegistration


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
