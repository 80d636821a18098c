"""Demo cities only: what stands in for a mailbox and for a card reader."""

from collections.abc import Sequence

from citycard.identity.personas import PersonasAreOff, personas_offered
from citycard.identity.ports import DemoCards, DemoMail, DemoPost
from citycard.infra.ports import use


def demo_mails(*, limit: int = 20) -> Sequence[DemoMail]:
    """Return the mails that a demo city would have sent, newest first.

    :raises PersonasAreOff: this is no demo
    """
    if not personas_offered():
        raise PersonasAreOff()
    return use(DemoPost).latest(limit)


def present_demo_card(*, id_number: str, pin: str, nonce: bytes) -> tuple[bytes, bytes]:
    """Let a demo card with this number sign a nonce; returns certificate and signature.

    :raises PersonasAreOff: this is no demo
    """
    if not personas_offered():
        raise PersonasAreOff()
    return use(DemoCards).present(id_number, pin, nonce)
