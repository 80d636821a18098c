"""A redemption's public number leads a refund list to what was charged."""

from citycard.flows import refunding
from citycard.ledger import api as ledger
from citycard.redemptions import api as redemptions
from tests.redemptions.conftest import mark_writing, new_card, release, reserve, settle


def _checked(*sessions: redemptions.Session) -> list[ledger.RefundLine]:
    lines = "\n".join(str(session.public_id) for session in sessions)
    return list(refunding.check(content=lines.encode()).lines)


def test_settled_redemptions_can_be_refunded_by_their_number_and_no_others(db: None) -> None:
    under_way, given_back = (reserve(new_card(300), 100) for _ in range(2))
    release(given_back)
    card = new_card(300)
    settled = mark_writing(reserve(card, 100))
    assert [line.refusal.code for line in _checked(settled) if line.refusal] == [
        "ledger.still_under_way"
    ]
    card.write(100)
    done = settle(settled, card)

    lines = _checked(done, under_way, given_back)

    assert (lines[0].key, lines[0].holder, lines[0].amount) == (done.end_key, card.member, 100)
    codes = [line.refusal.code if line.refusal else "" for line in lines]
    assert codes == ["", "ledger.still_under_way", "ledger.not_a_charge"]
