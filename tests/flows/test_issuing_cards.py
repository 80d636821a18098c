"""From an approval to a card in the hand; faults spoil blanks and never make two live cards."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from citycard.adapters.printer.card_pdf import HEIGHT_PT, WIDTH_PT, read_bitmap
from citycard.applications import api as applications
from citycard.cards import api as cards
from citycard.flows import asking_registers, issuing_cards, keeping_rights
from citycard.infra import outbox
from citycard.infra.database import rows, scalar
from citycard.infra.ports import use
from citycard.infra.unit_of_work import unit_of_work
from citycard.issuing import api as issuing
from citycard.issuing.ports import DemoOutside
from citycard.kernel.errors import NotFound, Refused
from tests.flows import living
from tests.flows.living import (
    COUNTER,
    NOW,
    answers,
    apply,
    approve,
    at_once,
    clerk,
    on_record,
    parts_of,
    resident,
    reviewer,
    stock_up,
)

pytestmark = pytest.mark.city("taipei")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, city: Any) -> Iterator[None]:
    monkeypatch.setenv("CITYCARD_DEMO_DELAY", "0")
    yield
    for what in ("printer", "company"):
        use(DemoOutside).switch(what, "up")


def deliver(topics: list[outbox.Topic], at: dt.datetime = NOW) -> None:
    for topic in topics:
        while outbox.drain_once(topic, now=at):
            pass


def approved(account: int, name: str = "王小美", **changes: Any) -> tuple[int, str]:
    """Live an application up to its approval; returns the print and the application's ref."""
    me, filled = resident(account), answers(name=name, **changes)
    on_record(filled)
    submitted = apply(me, filled)
    deliver(asking_registers.LETTERS)
    approve(submitted.ref, me, "senior-rides", reviewer())
    (job,) = issuing.jobs_of_applications(application_ids=[submitted.application_id])
    return job.print_id, submitted.ref


def printed(print_id: int, who: Any = None) -> issuing.Preview:
    who = who or clerk()
    shown = issuing_cards.preview(print_id=print_id, actor=who, now=NOW)
    issuing_cards.print_card(print_id=print_id, sha256=shown.sha256, actor=who, now=NOW)
    deliver(issuing_cards.LETTERS)
    return shown


def stock() -> issuing.Stock:
    (found,) = [each for each in issuing.stock(counter=COUNTER) if each.medium == "easycard"]
    return found


def test_the_card_is_printed_as_previewed_and_handed_over(outside: Path) -> None:
    """透過製卡預覽功能確認無誤後，透過印卡機進行現場製卡核發給市民使用."""
    stock_up()
    print_id, ref = approved(101)
    before = stock()
    shown = printed(print_id)
    (pdf,) = outside.glob(f"printed/*/{issuing.print_job(print_id=print_id).public_id}.1.pdf")
    assert read_bitmap(pdf) == issuing.pixels(png=shown.png)
    assert (round(WIDTH_PT, 2), round(HEIGHT_PT, 2)) == (242.65, 153.01)
    assert f"/MediaBox [0 0 {WIDTH_PT:.4f} {HEIGHT_PT:.4f}]".encode() in pdf.read_bytes()
    handed = issuing_cards.hand_over(print_id=print_id, actor=clerk(), now=NOW)
    found = cards.find(issuer="easycard", number_kind="printed", number=handed.numbers["printed"])
    assert found is not None
    assert (found.member_id, found.state) == (handed.member_id, "active")
    assert parts_of(ref, resident(101))["senior-rides"].state == "completed"
    assert applications.case(ref=ref, actor=resident(101)).state == "closed"
    assert (stock().in_stock, stock().issued) == (before.in_stock - 1, before.issued + 1)
    assert scalar("SELECT count(*) FROM pub.holdings WHERE card_id = %s", [found.card_id]) >= 1


def test_what_was_printed_is_erased_some_time_after_the_hand_over() -> None:
    """Portrait and name stay no longer than the papers; the hash still tells what was printed."""
    stock_up()
    print_id, waiting_id = approved(120)[0], approved(121)[0]
    for each in (print_id, waiting_id):
        printed(each)
    issuing_cards.hand_over(print_id=print_id, actor=clerk(), now=NOW)
    keeping_rights.erase_papers(NOW + dt.timedelta(days=89))
    issuing_cards.preview(print_id=print_id, actor=clerk(), now=NOW)
    keeping_rights.erase_papers(NOW + dt.timedelta(days=91))
    with pytest.raises(NotFound):
        issuing_cards.preview(print_id=print_id, actor=clerk(), now=NOW)
    kept = "SELECT bitmap_sealed IS NULL AND bitmap_sha256 IS NOT NULL FROM issuing_print"
    assert scalar(f"{kept} WHERE id = %s", [print_id])
    issuing_cards.preview(print_id=waiting_id, actor=clerk(), now=NOW)  # not collected yet
    assert [one for one in issuing.verify(now=NOW) if one.about == f"print {print_id}"] == []


def test_looking_again_shows_the_same_bitmap_and_takes_no_second_blank() -> None:
    stock_up()
    print_id, _ = approved(102)
    first = issuing_cards.preview(print_id=print_id, actor=clerk(), now=NOW)
    loaded = stock().loaded
    again = issuing_cards.preview(print_id=print_id, actor=clerk(), now=NOW)
    assert (again.png, stock().loaded) == (first.png, loaded)
    drawn_again = issuing_cards.preview(print_id=print_id, actor=clerk(), now=NOW, draw_again=True)
    assert drawn_again.png == first.png  # the same face is the same bytes
    other = clerk("office-daan", 2)
    stock_up("office-daan")
    elsewhere = issuing_cards.preview(print_id=print_id, actor=other, now=NOW)
    assert elsewhere.sha256 != first.sha256  # another blank, another number
    with pytest.raises(issuing.PreviewOutdated):
        issuing_cards.print_card(print_id=print_id, sha256=first.sha256, actor=other, now=NOW)


def test_a_printer_fault_spoils_the_blank_and_never_makes_two_live_cards() -> None:
    stock_up()
    print_id, _ = approved(103)
    before = stock()
    use(DemoOutside).switch("printer", "fault")
    printed(print_id)
    job = issuing.print_job(print_id=print_id)
    assert (job.state, job.attempt, job.last_fault) == ("queued", 2, "printer:ribbon")
    use(DemoOutside).switch("printer", "up")
    printed(print_id)
    issuing_cards.say_spoiled(print_id=print_id, reason="smeared", actor=clerk(), now=NOW)
    printed(print_id)
    handed = issuing_cards.hand_over(print_id=print_id, actor=clerk(), now=NOW)
    after = stock()
    assert (after.spoiled, after.issued) == (before.spoiled + 2, before.issued + 1)
    assert after.received == before.received
    live = rows(
        "SELECT c.card_id FROM pub.bindings b JOIN pub.cards c USING (card_id)"
        " WHERE b.member_id = %s AND upper_inf(b.bound)",
        [handed.member_id],
    )
    assert len(live) == 1


def test_a_printer_that_is_off_keeps_the_order_and_prints_once_when_it_is_back() -> None:
    stock_up()
    print_id, _ = approved(104)
    use(DemoOutside).switch("printer", "down")
    printed(print_id)
    assert issuing.print_job(print_id=print_id).state == "printing"
    use(DemoOutside).switch("printer", "up")
    deliver(issuing_cards.LETTERS, NOW + dt.timedelta(minutes=3))
    assert issuing.print_job(print_id=print_id).state == "printed"


def test_names_go_to_the_card_company_and_what_it_refuses_waits_for_a_person() -> None:
    """同時亦將記名資訊傳送至悠遊卡公司."""
    stock_up()
    print_id, _ = approved(105)
    printed(print_id)
    use(DemoOutside).switch("company", "refusing")
    issuing_cards.hand_over(print_id=print_id, actor=clerk(), now=NOW)
    deliver(issuing_cards.LETTERS)
    (refused,) = [
        each for each in issuing.registrations(state="rejected") if each.print_id == print_id
    ]
    assert refused.why == "name_not_readable"
    waiting = [each for each in outbox.waiting(topic="card-company") if each.state == "failed"]
    assert refused.registration_id in {each.ref for each in waiting}
    use(DemoOutside).switch("company", "up")
    with unit_of_work():
        issuing.send_again(registration_ids=[refused.registration_id], actor=clerk(), now=NOW)
    deliver(issuing_cards.LETTERS)
    (taken,) = issuing.registrations(ids=[refused.registration_id])
    assert taken.state == "acknowledged"
    assert taken.receipt
    day = issuing.reconcile(on=dt.date(2026, 11, 21))
    assert day.opened == day.acknowledged + day.rejected + day.waiting


def test_while_the_card_company_is_down_nobody_s_data_is_opened_for_it() -> None:
    stock_up()
    print_id, _ = approved(106)
    printed(print_id)
    use(DemoOutside).switch("company", "down")
    issuing_cards.hand_over(print_id=print_id, actor=clerk(), now=NOW)
    opened = "SELECT count(*) FROM people_access_record WHERE purpose = 'name-registration'"
    before = scalar(opened)
    (names,) = [topic for topic in issuing_cards.LETTERS if topic.name == "card-company"]
    for n in range(2):  # fewer than make the port rest
        assert outbox.drain_once(names, now=NOW + n * dt.timedelta(minutes=1))
    assert scalar(opened) == before
    use(DemoOutside).switch("company", "up")
    assert outbox.drain_once(names, now=NOW + dt.timedelta(minutes=2))
    assert scalar(opened) == before + 1


def test_two_counters_and_one_card_exactly_one_hands_it_out() -> None:
    counters = (COUNTER, "office-daan")
    stock_up(many=30)
    for round_ in range(5):
        print_id, ref = approved(200 + round_)
        printed(print_id)

        def hand(number: int, print_id: int = print_id) -> str:
            who = clerk(counters[number], number)
            return issuing_cards.hand_over(print_id=print_id, actor=who, now=NOW).ref

        outcomes = at_once(hand)
        assert sorted(outcomes) == sorted([ref, "issuing.already_handed_over"])


def test_two_clerks_and_one_last_blank() -> None:
    counter = "office-neihu"
    stock_up(counter, 1)
    first, _ = approved(301)
    second, _ = approved(302)
    issuing_cards.preview(print_id=first, actor=clerk(counter), now=NOW)
    with pytest.raises(issuing.NoBlankLeft):
        issuing_cards.preview(print_id=second, actor=clerk(counter), now=NOW)


def test_a_name_that_no_font_has_is_shown_and_not_printed() -> None:
    stock_up()
    print_id, _ = approved(106, name="王\U000f0001美")
    shown = issuing_cards.preview(print_id=print_id, actor=clerk(), now=NOW)
    assert shown.missing_glyphs == ("\U000f0001",)
    with pytest.raises(issuing.GlyphsMissing):
        issuing_cards.print_card(print_id=print_id, sha256=shown.sha256, actor=clerk(), now=NOW)


def test_services_of_one_application_share_one_card() -> None:
    stock_up()
    me, filled = resident(107), answers()
    on_record(
        filled, statuses=[living.StatusEntry(id_number=filled["id_number"], status="low-income")]
    )
    submitted = apply(me, filled, ["senior-rides", "health-service"])
    deliver(asking_registers.LETTERS)
    approve(submitted.ref, me, "health-service", reviewer("health", 51))
    assert issuing.jobs_of_applications(application_ids=[submitted.application_id]) == []
    approve(submitted.ref, me, "senior-rides", reviewer())
    (job,) = issuing.jobs_of_applications(application_ids=[submitted.application_id])
    assert job.card_kind == "senior"
    printed(job.print_id)
    issuing_cards.hand_over(print_id=job.print_id, actor=clerk(), now=NOW)
    assert {part.state for part in parts_of(submitted.ref, me).values()} == {"completed"}


def test_somebody_who_holds_a_concession_card_gets_no_second_one() -> None:
    stock_up()
    me, filled = resident(108), answers()
    on_record(filled)
    for expected in ("handed over", "cards.holds_one_of_group"):
        submitted = apply(me, filled)
        deliver(asking_registers.LETTERS)
        approve(submitted.ref, me, "senior-rides", reviewer())
        (job,) = issuing.jobs_of_applications(application_ids=[submitted.application_id])
        printed(job.print_id)
        try:
            issuing_cards.hand_over(print_id=job.print_id, actor=clerk(), now=NOW)
            outcome = "handed over"
        except Refused as refusal:
            outcome = refusal.code
        assert outcome == expected
    assert issuing.print_job(print_id=job.print_id).state == "printed"  # nothing half-done


def test_a_resident_joins_with_their_own_card() -> None:
    """開放市民自持悠遊卡至發辦卡服務窗口辦理加入，並進行多卡歸戶作業."""
    me, filled = resident(109), answers()
    on_record(filled)
    submitted = apply(me, filled, ["general"])
    deliver(asking_registers.LETTERS)
    decided = approve(submitted.ref, me, "general", reviewer("doit", 52))
    card_id = issuing_cards.join_with_own_card(
        member_id=decided.member_id,
        medium="easycard",
        numbers={"printed": "9876543210987654"},
        actor=clerk(),
        now=NOW,
    )
    assert parts_of(submitted.ref, me)["general"].state == "completed"
    found = cards.find(issuer="easycard", number_kind="printed", number="9876543210987654")
    assert found is not None
    assert (found.card_id, found.member_id) == (card_id, decided.member_id)


def test_the_auditor_is_content_after_all_this() -> None:
    assert issuing.verify(now=NOW) == []
    assert applications.verify(now=NOW) == []
