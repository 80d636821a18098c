"""The auditor's look at cards."""

from citycard.cards import states
from citycard.infra.database import rows
from citycard.kernel.findings import Finding

_CHECKS = (
    (
        "cards.one_holder",
        "SELECT a.card_id AS about FROM cards_binding a JOIN cards_binding b"
        " ON a.card_id = b.card_id AND a.id < b.id AND a.bound && b.bound"
        " WHERE upper_inf(a.recorded) AND upper_inf(b.recorded)",
        "A card belongs to two members at one instant.",
    ),
    (
        "cards.bound_card_exists",
        "SELECT b.card_id AS about FROM cards_binding b LEFT JOIN cards_card c ON c.id = b.card_id"
        " WHERE c.id IS NULL",
        "A binding names a card that is not there.",
    ),
    (
        "cards.ended_card_is_free",
        "SELECT b.card_id AS about FROM cards_binding b JOIN cards_card c ON c.id = b.card_id"
        " WHERE upper_inf(b.recorded) AND upper_inf(b.bound) AND c.state = ANY(%s)",
        "A card that ended still belongs to somebody.",
    ),
    (
        "cards.right_on_one_card",
        "SELECT a.card_id AS about FROM cards_right_card a JOIN cards_right_card b"
        " ON a.member_id = b.member_id AND a.entitlement = b.entitlement AND a.id < b.id"
        " AND a.bound && b.bound WHERE upper_inf(a.recorded) AND upper_inf(b.recorded)",
        "Two cards carry one right at one instant.",
    ),
    (
        "cards.right_on_its_holder_s_card",
        "SELECT t.card_id AS about FROM cards_right_card t WHERE upper_inf(t.recorded)"
        " AND upper_inf(t.bound) AND NOT EXISTS (SELECT FROM cards_binding b"
        " WHERE b.card_id = t.card_id AND b.member_id = t.member_id AND upper_inf(b.recorded)"
        " AND upper_inf(b.bound))",
        "A card carries a right of somebody whose it is not.",
    ),
    (
        "cards.companion_follows",
        "SELECT f.card_id AS about FROM cards_binding f JOIN cards_card c ON c.id = f.card_id"
        " JOIN cards_binding l ON l.id = f.follows_binding_id"
        " JOIN cards_card leader ON leader.id = l.card_id"
        " WHERE upper_inf(f.recorded) AND upper_inf(f.bound) AND c.state = 'active'"
        " AND (leader.state NOT IN ('active', 'issued')"
        "      OR NOT (upper_inf(l.recorded) AND upper_inf(l.bound)))",
        "A card works although the card that it follows does not, or is no longer its holder's.",
    ),
    (
        "cards.state_is_the_last_noted",
        "SELECT c.id AS about FROM cards_card c WHERE c.state IS DISTINCT FROM"
        " (SELECT h.state FROM cards_card_history h WHERE h.card_id = c.id"
        "  ORDER BY h.at DESC, h.id DESC LIMIT 1)",
        "A card's state is not the last one in its history.",
    ),
    (
        "cards.number_says_how_its_card_stands",
        "SELECT n.card_id AS about FROM cards_card_number n LEFT JOIN cards_standing s"
        " ON s.card_id = n.card_id"
        " WHERE (n.since, n.binding_id, n.member_id, n.expires_on, n.works, n.kind)"
        " IS DISTINCT FROM (s.since, s.binding_id, s.member_id, s.expires_on, s.works, s.kind)",
        "What stands beside a number is not what its card and its binding say.",
    ),
)


def verify() -> list[Finding]:
    """Return what does not add up: two holders, a bound card that ended, a gap in the history."""
    return [
        Finding(check=check, about=f"card {found.about}", says=says)
        for check, sql, says in _CHECKS
        for found in rows(sql, [sorted(states.ENDS)] if "%s" in sql else None)
    ]
