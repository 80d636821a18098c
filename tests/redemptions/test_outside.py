"""What companies and partners say ends sessions: by file, by answer, by list; late and once."""

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from citycard.activities import api as activities
from citycard.config import wiring
from citycard.flows import crediting, reconciling, redeeming
from citycard.infra import outbox, ports
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.ledger import api as ledger
from citycard.redemptions import api as redemptions
from citycard.redemptions.lines import _stranger
from tests.redemptions.conftest import (
    DAHU,
    NOW,
    Card,
    balance,
    decide,
    give_points,
    mark_writing,
    new_card,
    reserve,
    settle,
)

pytestmark = pytest.mark.usefixtures("fresh_database")
NUMBER = "1234123412341234"


class Company:
    """A card company whose files a test writes."""

    def __init__(self) -> None:
        self.records: list[redemptions.LoadingRecord] = []
        self.down = False

    def files_of(self, partner: str, day: dt.date) -> Sequence[redemptions.LoadingFile]:
        if self.down:
            raise ConnectionError
        records = [one for one in self.records if one.at.date() == day]
        digest = repr([(one, one.card_number) for one in records]).encode()
        return [
            redemptions.LoadingFile(name=f"{day}", business_day=day, digest=digest, records=records)
        ]

    def check(self) -> str:
        return "up"


@pytest.fixture
def company() -> Iterator[Company]:
    kept = dict(ports._ports)
    made = Company()
    ports.provide(redemptions.LoadingRecords, made, name="loading files")
    yield made
    ports._ports.update(kept)
    assert ledger.verify() == redemptions.verify() == []


def of_card(card: Card, *, ntd: int = 100, at: dt.datetime = NOW) -> redemptions.LoadingRecord:
    return redemptions.LoadingRecord(
        reference="C1",
        terminal=DAHU.code,
        card_number=NUMBER,
        counter=8,
        ntd=ntd,
        purse_before=100,
        purse_after=100 + ntd,
        at=at,
    )


def hanging() -> tuple[Card, redemptions.Session]:
    """A card that the city knows by the number in the file, and a session of it that hangs."""
    known = new_card(300)
    card = replace(known, id=_stranger(NUMBER))
    session = reserve(card)
    mark_writing(session)
    return card, session


@pytest.fixture
def hung() -> tuple[Card, redemptions.Session]:
    global NUMBER
    NUMBER = f"{uuid.uuid4().int % 10**16:016}"
    return hanging()


def state(session: redemptions.Session) -> tuple[str, str | None]:
    found = redemptions.session(session_id=session.id)
    return found.state, found.ended_by


def test_the_companys_file_ends_what_hangs(company: Company, hung: Any) -> None:
    card, session = hung
    company.down = True
    reconciling.fetch_files(NOW)
    assert state(session) == ("writing", None)
    company.down = False
    # Whom nobody reached three times is left alone for a while; this is after it.
    ports.provide(redemptions.LoadingRecords, company, name="loading files")
    company.records = [of_card(card)]
    late = NOW + dt.timedelta(days=9)
    reconciling.fetch_files(late)
    reconciling.fetch_files(late)
    assert state(session) == ("settled", "file")
    assert balance(card) == (200, 0)


def test_a_record_of_another_loading_at_that_counter_gives_the_points_back(
    company: Company, hung: Any
) -> None:
    card, session = hung
    company.records = [replace(of_card(card), terminal="KSK-99")]
    reconciling.fetch_files(NOW)
    assert state(session) == ("released", "file")
    assert balance(card) == (300, 0)


def test_a_file_that_contradicts_a_release_makes_it_contested_once(
    company: Company, hung: Any
) -> None:
    card, session = hung
    decide(session, written=False, reason="kiosk was stolen")
    company.records = [of_card(card)]
    reconciling.fetch_files(NOW)
    assert redemptions.session(session_id=session.id).contested
    decide(session, written=False, reason="company paid it back")
    reconciling.fetch_files(NOW)
    assert not redemptions.session(session_id=session.id).contested


def test_a_loading_tried_in_vain_and_again_is_not_contested(company: Company, hung: Any) -> None:
    card, session = hung
    decide(session, written=False, reason="card was read at the counter")
    again = reserve(card)
    mark_writing(again)
    card.write(100)
    settle(again, card)
    company.records = [of_card(card)]
    reconciling.fetch_files(NOW)
    assert not redemptions.session(session_id=session.id).contested
    with unit_of_work():
        redemptions.reconcile(on=NOW.date() + dt.timedelta(days=1), now=NOW)
    items = [one.item for one in redemptions.differences(state=None)]
    assert f"card:{card.id}:8" not in items


def test_confirmed_40_days_late_after_lapse_and_closed_month_is_captured_once(
    company: Company, hung: Any
) -> None:
    global NUMBER
    member = 880_001
    give_points(member, 100, expires_on=dt.date(2026, 11, 30))
    NUMBER = f"{uuid.uuid4().int % 10**16:016}"
    card = Card(id=_stranger(NUMBER), member=member)
    session = reserve(card)
    mark_writing(session)
    card.write(100)
    late = NOW + dt.timedelta(days=40)
    with unit_of_work():
        ledger.close_month(month=dt.date(2026, 11, 1), actor=SYSTEM, now=late)
    company.records = [of_card(card)]
    file = company.files_of("easycard", NOW.date())[0]
    with unit_of_work():
        redemptions.take_company_file(partner="easycard", file=file, now=late)
    with unit_of_work():
        redemptions.hear_company_files(now=late)
    assert state(session) == ("settled", "file")
    assert settle(session, card, now=late).state == "settled"
    assert balance(card, on=late.date()) == (0, 0)
    found = redemptions.partner_statement(partner="easycard", month=late.date())
    assert found.loaded == 100


# -- accounts -------------------------------------------------------------------------------------


class Partner:
    """A partner that answers as told."""

    def __init__(self) -> None:
        self.asked: list[redemptions.Credit] = []
        self.answers: dict[str, redemptions.CreditAnswer] = {}
        self.mute = False

    def credit(self, credits: Sequence[redemptions.Credit]) -> Sequence[redemptions.CreditAnswer]:
        self.asked += credits
        for one in credits:
            said = redemptions.CreditAnswer(key=one.key, result="credited", receipt="R9")
            self.answers.setdefault(one.key, said)
        return [] if self.mute else [self.answers[one.key] for one in credits]

    def answers_of(self, partner: str, day: dt.date) -> Sequence[redemptions.CreditAnswer]:
        return list(self.answers.values())

    def check(self) -> str:
        return "up"


@pytest.fixture
def partner() -> Iterator[Partner]:
    kept = dict(ports._ports)
    made = Partner()
    ports.provide(redemptions.AccountPartner, made, name="account partners")
    with wiring.city("taoyuan"):
        yield made
    ports._ports.update(kept)
    assert ledger.verify() == redemptions.verify() == []


def credit(member: int) -> redemptions.Session:
    give_points(member, 300, unit="health-points")
    return redeeming.redeem_to_account(
        member_id=member,
        kind="transit-subsidy",
        points=100,
        key=uuid.uuid4(),
        actor=SYSTEM,
        now=NOW,
    )


def test_a_letter_tells_the_partner_and_its_answer_ends_it(partner: Partner) -> None:
    session = credit(880_100)
    outbox.drain_until_idle(now=lambda: NOW)
    assert state(session) == ("settled", "partner")
    (asked,) = partner.asked
    assert (asked.ntd, asked.partner) == (100, "transport-bureau")
    assert str(session.member_id) not in asked.account
    assert redemptions.session(session_id=session.id).receipt == "R9"


def test_asked_again_it_tells_what_was_sent_though_the_person_moved_out(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = credit(880_103)

    def stopped(**asked: object) -> None:
        raise activities.RedeemingStopped()

    monkeypatch.setattr(activities, "check_may_redeem", stopped)

    def again(points: int, key: uuid.UUID) -> redemptions.Session:
        return redeeming.redeem_to_account(
            member_id=session.member_id, kind="transit-subsidy", points=points, key=key,
            actor=SYSTEM, now=NOW,
        )  # fmt: skip

    assert again(100, session.key) == session
    with pytest.raises(redemptions.KeyUsed):
        again(150, session.key)
    with pytest.raises(activities.RedeemingStopped):
        again(100, uuid.uuid4())


def test_a_refused_credit_gives_the_points_back(partner: Partner) -> None:
    session = credit(880_101)
    said = redemptions.CreditAnswer(key=str(session.key), result="refused", why="no account")
    partner.answers[str(session.key)] = said
    outbox.drain_until_idle(now=lambda: NOW)
    assert state(session) == ("released", "partner")


def test_a_partner_that_does_not_answer_is_asked_for_its_list(partner: Partner) -> None:
    partner.mute = True
    session = credit(880_102)
    outbox.drain_once(crediting.LETTER, now=NOW)
    crediting.ask_for_lists(NOW + dt.timedelta(hours=2))
    assert state(session) == ("writing", None)
    crediting.ask_for_lists(NOW + dt.timedelta(days=1))
    assert state(session) == ("settled", "file")
    asked = len(partner.asked)
    outbox.drain_until_idle(now=lambda: NOW + dt.timedelta(days=2))
    assert len(partner.asked) == asked  # what has ended is not ordered again
