"""A programme is closed or opened at once: one officer proposes it, another carries it out."""

import datetime as dt

from citycard.agencies import api as agencies
from citycard.cards import api as cards
from citycard.kernel.actors import Actor

KIND = "cards.programme"


def switch(proposal: agencies.Proposal, actor: Actor, now: dt.datetime) -> None:
    """Switch a programme from this instant. Content: ``programme``, ``state`` (``closed``,
    ``open`` or ``windows``) and ``told``, what people are told."""
    cards.switch_programme(
        programme=str(proposal.content["programme"]),
        state=proposal.content["state"],
        reason=str(proposal.content["told"]),
        proposal_id=proposal.proposal_id,
        actor=actor,
        now=now,
    )
