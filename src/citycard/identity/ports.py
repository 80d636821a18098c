"""What signing in needs from outside: a mail relay, and somebody who judges citizen
certificates.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, kw_only=True)
class Email:
    """One e-mail; ``key`` stays the same when it is sent again, so that a relay can drop the
    second.
    """

    key: str
    to: str
    subject: str
    body: str

    def __repr__(self) -> str:
        return f"Email(key={self.key!r})"


@dataclass(frozen=True, kw_only=True)
class EmailResult:
    """What the relay said about one e-mail; ``refused`` is for good, ``later`` is not.

    :ivar why: a code for people who look, never personal data
    """

    key: str
    result: Literal["sent", "later", "refused"]
    why: str = ""


class EmailSender(Protocol):
    """Hands e-mails to the city's mail relay."""

    def send(self, emails: Sequence[Email]) -> Sequence[EmailResult]:
        """Hand a batch over; one result for each e-mail that was tried, in order.

        Those without one were not begun: they are handed over again at once.
        """
        ...

    def check(self) -> str:
        """Say how the relay is; raise when it is down."""
        ...


@dataclass(frozen=True, kw_only=True)
class Assertion:
    """What a certificate's holder presents: the certificate, and its signature over our nonce.

    :ivar certificate: DER
    :ivar id_number: the ID number they say is theirs
    """

    certificate: bytes
    nonce: bytes
    signature: bytes
    id_number: str

    def __repr__(self) -> str:
        return "Assertion(…)"


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What the certification authority's rules say.

    :ivar holds: chain, dates, revocation and signature are right, and the certificate is this
        number's
    :ivar serial: the certificate's serial number
    :ivar why: when it does not hold: ``chain``, ``expired``, ``revoked``, ``signature``,
        ``other_person``
    """

    holds: bool
    serial: str
    why: str = ""


class CertificateVerifier(Protocol):
    """Judges citizen certificates (自然人憑證): chain, revocation, signature, and whose it is."""

    def judge(self, assertion: Assertion) -> Judgement:
        """Judge one assertion; safe to repeat."""
        ...

    def check(self) -> str:
        """Say how the verifier is; raise when it is down."""
        ...


@dataclass(frozen=True, kw_only=True)
class DemoMail:
    """A mail that a demo city would have sent."""

    at: str
    to: str
    subject: str
    body: str


class DemoPost(Protocol):
    """Demo cities only: shows the mails that were not sent."""

    def latest(self, limit: int) -> Sequence[DemoMail]:
        """Return the newest mails first."""
        ...


class DemoCards(Protocol):
    """Demo cities only: stands in for a card reader with somebody's citizen certificate in it."""

    def present(self, id_number: str, pin: str, nonce: bytes) -> tuple[bytes, bytes]:
        """Return a certificate (DER) of this number and its signature over the nonce."""
        ...
