"""The card in the phone.

``show`` makes codes of a member's own card for a screen: a two-dimensional one that a reader can
check by itself with the city's public key, and a bar code for scanners that read nothing else. Both
hold for about a minute. ``resolve`` says which card a scanned code stands for: ``good`` once;
``unknown``, ``expired`` or ``replayed`` otherwise. It is set-based, and a use that is told again is
no replay. ``renew`` draws other pseudonyms. How codes are written: ``wallet.codes``.

Published relations: ``pub.wallet_tokens(card_id, member_id, pseudonym, line_token)``, the
pseudonyms that stand now.
"""

from citycard.wallet.resolving import clear_uses, resolve
from citycard.wallet.showing import CardNotInUse, renew, show
from citycard.wallet.values import Resolved, Shown

__all__ = ["CardNotInUse", "Resolved", "Shown", "clear_uses", "renew", "resolve", "show"]
