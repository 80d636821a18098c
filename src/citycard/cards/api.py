"""Cards: what residents hold, and whose it is.

A **card** has a kind (senior, student …) and a medium (easycard, ipass, virtual), both the pack's
words, and several numbers; it is found by (issuer, number kind, number). A **binding** makes it a
member's: several cards to one member, one member to a card at any instant. A card's life is in
``states``; lost, returned, expired and retired are ends, and with a card's life its binding ends.
A kind **carries** functions, each with its days (``Kind.opens``): one that is added in the pack is
on the cards that were issued before, too. A **programme** is open for a time, by dated windows of
the pack or a switch (``closed_because``, ``programmes``, ``switch_programme``).
A right may be one that **one card** a person carries (``one_card`` in the pack): binding a card
moves it there, ``move_right`` chooses another, the end of the card or the right frees it. A
companion's card follows its holder's, and stops and works with it.
An **agency link** holds an agency's own number of a member and how the agency serves it, keyed so
that two agencies' links share no value; conversion reads it.

Readers that are cut off decide by signed **snapshots** of marks (``holding_marks``,
``keep_snapshot``); ``loss_clock`` says how many of them know of a lost card,
``readers_behind`` which of them don't.

Writers need a unit of work, take a batch where a batch can reach them, and announce what is in
``events``.

Published for other contexts' SQL (schema ``pub``):

* ``pub.cards(card_id, kind, medium, issuer, state, state_at, expires_on)``
* ``pub.card_numbers(issuer, number_kind, number, card_id, since, binding_id, member_id, expires_on,
  works, kind)``, unique by its first three columns; the others hold at any instant from ``since``
  on, an earlier one asks ``pub.cards`` and ``pub.bindings``
* ``pub.bindings(binding_id, card_id, member_id, bound)``: what is known now; ``bound`` is a
  ``tstzrange``
* ``pub.holdings(card_id, member_id, entitlement, valid)``: the rights of a card's present holder,
  as far as its kind carries them
* ``pub.right_cards(member_id, entitlement, card_id, bound)``: the card that carries a right which
  only one may
* ``pub.hotlistings(card_id, service, version, reported_at, published_at, known, last_known_at)``
* ``pub.card_state_at(card, instant)``: the state at an instant before the present state began
"""

from citycard.cards import snapshot_format
from citycard.cards.activating import activate
from citycard.cards.binding import (
    AlreadyBound,
    CardEnded,
    HoldsOneOfGroup,
    NoSuchCard,
    NotBound,
    NothingToFollow,
    bind_many,
    unbind,
)
from citycard.cards.carrying import (
    CannotCarry,
    RightMoved,
    RightMovedMeanwhile,
    cards_carrying,
    move_right,
)
from citycard.cards.deaths import follow_deaths
from citycard.cards.doors import (
    DoorCard,
    door_cards,
    door_digest,
    forget_units,
    note_units,
    units_of,
)
from citycard.cards.fees import Fee, fee_of
from citycard.cards.following import LeaderStopped
from citycard.cards.hotlists import LossClock, first_versions, loss_clock, lost_at
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
from citycard.cards.losses import (
    LossList,
    LostCard,
    ReaderBehind,
    loss_lists,
    lost_card,
    lost_cards,
    readers_behind,
)
from citycard.cards.operators import OperatorNumber, operator_numbers
from citycard.cards.programmes import (
    ACTS,
    Act,
    Programme,
    ProgrammeClosed,
    ProgrammeState,
    closed_because,
    held_before,
    programmes,
    programmes_limit,
    require_open,
    switch_programme,
)
from citycard.cards.queries import (
    cards_of,
    find,
    find_by_any_number,
    holders,
    holders_by_number,
    version_before,
)
from citycard.cards.registering import (
    BadNumber,
    NumberTaken,
    UnknownKind,
    UnknownMedium,
    register_many,
)
from citycard.cards.snapshots import (
    Heard,
    NumberKinds,
    Snapshot,
    card_marks,
    fresh_documents,
    holding_marks,
    hotlist_marks,
    keep_fresh,
    keep_snapshot,
    latest_base,
    latest_snapshots,
    lock_snapshots,
    newest_snapshot,
    note_listed,
    note_reader_versions,
    snapshots_after,
    unlisted_lost,
)
from citycard.cards.tails import tails
from citycard.cards.unlinking import (
    number_counts,
    number_standings,
    unlink_agency_numbers,
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
    NumberStanding,
    NumberStatus,
)
from citycard.cards.verifying import verify

__all__ = [
    "ACTS",
    "Act",
    "AgencyNumber",
    "AgencyNumberTaken",
    "AlreadyBound",
    "BadNumber",
    "Bind",
    "Bound",
    "CannotCarry",
    "CardAlreadyLost",
    "CardEnded",
    "CardFound",
    "CardRegistered",
    "CardTable",
    "CardView",
    "DoorCard",
    "Fee",
    "Heard",
    "HoldsOneOfGroup",
    "Kind",
    "LeaderStopped",
    "Linked",
    "LossClock",
    "LossList",
    "LostCard",
    "Medium",
    "NewCard",
    "NoSuchCard",
    "NotAllowedNow",
    "NotBound",
    "NothingToFollow",
    "NumberKinds",
    "NumberRule",
    "NumberStanding",
    "NumberStatus",
    "NumberTaken",
    "OperatorNumber",
    "Programme",
    "ProgrammeClosed",
    "ProgrammeState",
    "ReaderBehind",
    "RightMoved",
    "RightMovedMeanwhile",
    "Snapshot",
    "UnknownKind",
    "UnknownMedium",
    "activate",
    "agency_numbers",
    "bind_many",
    "card_marks",
    "card_table",
    "cards_carrying",
    "cards_of",
    "closed_because",
    "convert",
    "door_cards",
    "door_digest",
    "end",
    "fee_of",
    "find",
    "find_by_any_number",
    "first_versions",
    "follow_deaths",
    "forget_units",
    "fresh_documents",
    "held_before",
    "holders",
    "holders_by_number",
    "holding_marks",
    "hotlist_marks",
    "keep_fresh",
    "keep_snapshot",
    "latest_base",
    "latest_snapshots",
    "link_agency_numbers",
    "lock_snapshots",
    "loss_clock",
    "loss_lists",
    "lost_at",
    "lost_card",
    "lost_cards",
    "members_of_numbers",
    "move_right",
    "newest_snapshot",
    "note_listed",
    "note_reader_versions",
    "note_units",
    "number_counts",
    "number_standings",
    "numbers_of_links",
    "operator_numbers",
    "programmes",
    "programmes_limit",
    "readers_behind",
    "register_many",
    "report_lost",
    "require_open",
    "resume",
    "snapshot_format",
    "snapshots_after",
    "suspend",
    "switch_programme",
    "tails",
    "unbind",
    "units_of",
    "unlink_agency_numbers",
    "unlisted_lost",
    "verify",
    "version_before",
]
