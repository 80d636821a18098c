"""Card numbers for operators whose readers take cards for a right: numbers, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass

from citycard.infra.database import rows
from citycard.kernel.access import Access


@dataclass(frozen=True, kw_only=True)
class OperatorNumber:
    """A card that a member holds, by the number that an operator's readers know."""

    member_id: int
    card_id: int
    issuer: str
    number: str


_NUMBERS = """
SELECT DISTINCT b.member_id, b.card_id, n.issuer, n.number
FROM cards_binding b
JOIN cards_card_number n ON n.card_id = b.card_id
WHERE b.member_id = ANY(%s::bigint[]) AND upper_inf(b.recorded) AND upper_inf(b.bound)
  AND n.issuer = ANY(%s::text[]) AND n.number_kind = %s
ORDER BY n.issuer, n.number
"""


def operator_numbers(
    *, access: Access, member_ids: Sequence[int], issuers: Sequence[str], number_kind: str
) -> list[OperatorNumber]:
    """Return the numbers of the cards that members hold, of some issuers and one kind.

    :param access: must cover the field ``cards`` of these members
    :raises AccessTooNarrow: it does not
    """
    access.require("cards", members=member_ids)
    found = rows(_NUMBERS, [list(member_ids), list(issuers), number_kind])
    return [OperatorNumber(**one._asdict()) for one in found]
