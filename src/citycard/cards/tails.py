"""The last characters of cards' numbers: what may be said of a card in a message."""

from collections.abc import Sequence

from citycard.infra.database import rows


def tails(*, card_ids: Sequence[int]) -> dict[int, str]:
    """Return the last four characters of each card's number: the printed one where it has one."""
    found = rows(
        """
        SELECT DISTINCT ON (card_id) card_id, right(number, 4) AS tail
        FROM pub.card_numbers WHERE card_id = ANY(%s::bigint[])
        ORDER BY card_id, number_kind <> 'printed', number_kind
        """,
        [sorted(set(card_ids))],
    )
    return {row.card_id: row.tail for row in found}
