"""Cards: what residents hold, and whose it is.

A **card** has a kind (senior, student …) and a medium (easycard, ipass, virtual), both the pack's
words, and several numbers; it is found by (issuer, number kind, number). A **binding** makes it a
member's: several cards to one member, one member to a card at any instant. A card's life is in
``states``; lost, returned, expired and retired are ends, and with a card's life its binding ends.
An **agency link** holds an agency's own number of a member, keyed so that two agencies' links share
no value; conversion reads it.

Writers need a unit of work, take a batch where a batch can reach them, and announce what is in
``events``.

Published for other contexts' SQL (schema ``pub``):

* ``pub.cards(card_id, kind, medium, issuer, state, state_at, expires_on)``
* ``pub.card_numbers(issuer, number_kind, number, card_id)``, unique by its first three columns
* ``pub.bindings(binding_id, card_id, member_id, bound)``: what is known now; ``bound`` is a
  ``tstzrange``
* ``pub.holdings(card_id, member_id, entitlement, valid)``: the rights of a card's present holder
* ``pub.card_state_at(card, instant)``: the state at an instant before the present state began
"""

from citycard.cards.binding import (
    AlreadyBound,
    CardEnded,
    HoldsOneOfGroup,
    NoSuchCard,
    NotBound,
    bind_many,
    unbind,
)
from citycard.cards.kinds import CardTable, Kind, Medium, NumberRule, card_table
from citycard.cards.linking import (
    AgencyNumberTaken,
    agency_numbers,
    convert,
    link_agency_numbers,
    members_of_numbers,
    numbers_of_links,
)
from citycard.cards.losing import (
    CardAlreadyLost,
    NotAllowedNow,
    end,
    report_lost,
    resume,
    suspend,
)
from citycard.cards.queries import cards_of, find, find_by_any_number, holders
from citycard.cards.registering import (
    BadNumber,
    NumberTaken,
    UnknownKind,
    UnknownMedium,
    register_many,
)
from citycard.cards.values import (
    AgencyNumber,
    Bind,
    Bound,
    CardFound,
    CardRegistered,
    CardView,
    Linked,
    NewCard,
)
from citycard.cards.verifying import verify

__all__ = [
    "AgencyNumber",
    "AgencyNumberTaken",
    "AlreadyBound",
    "BadNumber",
    "Bind",
    "Bound",
    "CardAlreadyLost",
    "CardEnded",
    "CardFound",
    "CardRegistered",
    "CardTable",
    "CardView",
    "HoldsOneOfGroup",
    "Kind",
    "Linked",
    "Medium",
    "NewCard",
    "NoSuchCard",
    "NotAllowedNow",
    "NotBound",
    "NumberRule",
    "NumberTaken",
    "UnknownKind",
    "UnknownMedium",
    "agency_numbers",
    "bind_many",
    "card_table",
    "cards_of",
    "convert",
    "end",
    "find",
    "find_by_any_number",
    "holders",
    "link_agency_numbers",
    "members_of_numbers",
    "numbers_of_links",
    "register_many",
    "report_lost",
    "resume",
    "suspend",
    "unbind",
    "verify",
]
