"""Certificate verifiers that never say yes: one that is down, and one that refuses everybody."""

from citycard.identity.ports import Assertion, Judgement


class NoCertificates:
    """Stands where a city has connected no certification authority: nobody can judge."""

    def judge(self, assertion: Assertion) -> Judgement:
        """Fail.

        :raises OSError: always
        """
        raise ConnectionRefusedError("no certification authority is connected")

    def check(self) -> str:
        """Raise: there is none."""
        raise ConnectionRefusedError("no certification authority is connected")


class RefusingCertification(NoCertificates):
    """Refuses every certificate as revoked."""

    def judge(self, assertion: Assertion) -> Judgement:
        """Refuse."""
        return Judgement(holds=False, serial="1", why="revoked")
