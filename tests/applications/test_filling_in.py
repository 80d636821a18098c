"""The form: answers cleaned, every missing thing named at once, one draft for one owner."""

import datetime as dt
from typing import Any

import pytest

from citycard.applications import api as applications
from citycard.applications.answering import clean_answers
from citycard.applications.completing import missing_from
from citycard.flows import applying
from citycard.infra.database import scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import NotFound
from tests.flows.living import NOW, answers, clerk, fill_in, picture, resident

ON = dt.date(2026, 11, 21)


def missing(
    services: list[str], *papers: str, held: tuple[str, ...] = (), **changes: Any
) -> set[tuple[str, str]]:
    form = applications.form()
    cleaned, wrong = clean_answers(form, answers(**changes), on=ON)
    assert wrong == []
    found = missing_from(form, services, cleaned, papers, held=held, on=ON)
    return {(each.code, each.why) for each in found}


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        ("id_number", "a1 2345-6789", "A123456789"),
        ("id_number", "AB12345677", "AB12345677"),  # an old resident certificate
        ("id_number", "p1234567", "P1234567"),  # a foreign passport
        ("birth_on", "0400302", "1951-03-02"),
        ("birth_on", "40/3/2", "1951-03-02"),
        ("birth_on", "民國 40 年 3 月 2 日", "1951-03-02"),
        ("birth_on", "1951-03-02", "1951-03-02"),
        ("district", "中正區", "zhongzheng"),
        ("district", "Zhongzheng District", "zhongzheng"),
        ("phone", "（02）2345-6789", "0223456789"),
        ("email", "Mei@Example.TW", "mei@example.tw"),
        ("name", "  陳𡍼 ", "陳𡍼"),
        ("resides_in_city", "on", True),
    ],
)
def test_an_answer_is_kept_as_it_is_meant(field: str, typed: str, kept: object) -> None:
    cleaned, wrong = clean_answers(applications.form(), {field: typed}, on=ON)
    assert (wrong, cleaned) == ([], {field: kept})


@pytest.mark.parametrize(
    ("field", "typed", "why"),
    [
        ("id_number", "A123456788", "bad_id_number"),
        ("id_number", "hello", "bad_id_number"),
        ("birth_on", "2026-11-22", "future"),
        ("birth_on", "1800-01-01", "too_long_ago"),
        ("birth_on", "2026-02-30", "bad_date"),
        ("sex", "x", "not_a_choice"),
        ("phone", "12", "bad_phone"),
        ("email", "mei@", "bad_email"),
        ("name", "王" * 61, "too_long"),
        pytest.param("name", "王\x00小美", "control_character", id="name-control"),
        ("pickup_counter", "nowhere", "not_a_choice"),
    ],
)
def test_an_answer_that_cant_be_right_is_named_with_its_reason(
    field: str, typed: str, why: str
) -> None:
    cleaned, (wrong,) = clean_answers(applications.form(), {field: typed}, on=ON)
    assert cleaned == {}
    assert (wrong.code, wrong.why) == (field, why)
    assert wrong.label["zh-Hant"]


def test_everything_missing_is_named_at_once() -> None:
    form = applications.form()
    found = missing_from(form, ["senior-rides"], {}, (), held=(), on=ON)
    assert {each.code for each in found} >= {
        "name",
        "id_number",
        "birth_on",
        "sex",
        "district",
        "resides_in_city",
        "pickup_counter",
        "identity-card",
        "photo",
    }
    assert {each.kind for each in found} == {"field", "paper", "photo"}


def test_what_a_choice_of_services_asks_for() -> None:
    assert missing(["senior-rides"], "identity-card", "photo") == set()
    assert missing(["general"], "identity-card") == set()
    assert missing([], "identity-card") == {("", "no_service")}
    assert missing(["flying"], "photo") == {("flying", "no_such_service")}


def test_who_applies_for_a_child_or_for_another_brings_papers() -> None:
    child = missing(["health-service"], "photo", birth_on="2021-06-01", applied_by="guardian")
    assert child == {
        ("applicant_name", "missing"),
        ("applicant_id_number", "missing"),
        ("health-insurance-card", "paper_missing"),
        ("guardian-consent", "paper_missing"),
    }
    proxy = missing(
        ["senior-rides"],
        "identity-card",
        "photo",
        applied_by="proxy",
        applicant_name="王大明",
        applicant_id_number="A123456789",
    )
    assert proxy == {("mandate", "paper_missing")}


@pytest.mark.parametrize(
    ("born", "minor"),
    [("2008-11-22", True), ("2008-11-21", False), ("2008-11-20", False)],
)
def test_eighteen_is_reached_on_the_birthday(born: str, minor: bool) -> None:
    wanted = missing(["senior-rides"], "identity-card", "photo", birth_on=born)
    assert (("guardian-consent", "paper_missing") in wanted) is minor


def test_services_that_exclude_or_need_each_other() -> None:
    both = missing(["senior-rides", "disability-rides"], "identity-card", "photo")
    assert both == {("disability-rides", "not_with")}
    alone = missing(["companion-rides"], "identity-card")
    assert alone == {("companion-rides", "needs_other")}
    assert missing(["companion-rides"], "identity-card", held=("disability-rides",)) == set()


def test_a_number_of_the_other_sex_is_a_typing_mistake() -> None:
    found = missing(["senior-rides"], "identity-card", "photo", sex="m")
    assert found == {("sex", "differs_from_id_number")}


@pytest.mark.django_db
class TestDrafts:
    """Drafts in the database."""

    def test_answers_are_laid_over_and_kept_encrypted(self) -> None:
        me = resident(31)
        public_id = fill_in(me, answers(name="林美麗"))
        with unit_of_work():
            draft = applications.save_answers(
                public_id=public_id, answers={"phone": "0987654321"}, actor=me, now=NOW
            )
        assert draft.answers["name"] == "林美麗"
        assert draft.answers["phone"] == "0987654321"
        stored = bytes(scalar("SELECT form_sealed FROM applications_application"))
        assert "林美麗".encode() not in stored

    def test_nothing_is_saved_of_answers_with_a_mistake(self) -> None:
        me = resident(32)
        public_id = fill_in(me, answers(name="林美麗"))
        with pytest.raises(applications.AnswersRefused) as told, unit_of_work():
            applications.save_answers(
                public_id=public_id,
                answers={"name": "改了", "phone": "1", "email": "x"},
                actor=me,
                now=NOW,
            )
        assert [each.code for each in told.value.facts["missing"]] == ["phone", "email"]
        assert applications.draft(public_id=public_id, actor=me).answers["name"] == "林美麗"

    def test_two_windows_on_one_draft(self) -> None:
        me = resident(33)
        public_id = fill_in(me, answers())
        version = applications.draft(public_id=public_id, actor=me).version
        for expected in (version + 1, None):
            if expected:
                with unit_of_work():
                    saved = applications.save_answers(
                        public_id=public_id, answers={}, version=version, actor=me, now=NOW
                    )
                assert saved.version == expected
            else:
                with pytest.raises(applications.DraftChangedMeanwhile), unit_of_work():
                    applications.save_answers(
                        public_id=public_id, answers={}, version=version, actor=me, now=NOW
                    )

    def test_a_draft_is_its_owners_or_its_counters(self) -> None:
        theirs = fill_in(resident(34), answers())
        with pytest.raises(NotFound):
            applications.draft(public_id=theirs, actor=resident(35))
        with pytest.raises(NotFound):
            applications.draft(public_id=theirs, actor=clerk())
        with pytest.raises(NotFound):
            applications.draft(public_id="not-an-id", actor=resident(34))
        entered = fill_in(clerk(number=1), answers())
        assert applications.draft(public_id=entered, actor=clerk(number=2)).channel == "counter"
        with pytest.raises(NotFound):
            applications.draft(public_id=entered, actor=clerk("office-daan", 3))

    def test_a_later_paper_takes_the_place_of_an_earlier_one_which_is_erased(self) -> None:
        me = resident(36)
        public_id = fill_in(me, answers())
        with unit_of_work():
            again = applications.add_document(
                public_id=public_id, paper="photo", content=picture((800, 1000)), actor=me, now=NOW
            )
        papers = applications.draft(public_id=public_id, actor=me).documents
        assert [each.id for each in papers if each.kind == "photo"] == [again.id]
        assert (
            scalar(
                "SELECT count(*) FROM applications_document WHERE erased_at IS NOT NULL"
                " AND content_sealed IS NULL"
            )
            == 1
        )

    def test_a_paper_opens_for_its_owner_only(self) -> None:
        me = resident(37)
        public_id = fill_in(me, answers())
        papers = applications.draft(public_id=public_id, actor=me).documents
        (document,) = (each for each in papers if each.kind == "paper")
        found, content = applications.own_document(
            public_id=public_id, document_id=document.id, actor=me
        )
        assert (found.paper, content[:3]) == ("identity-card", b"\xff\xd8\xff")
        stored = bytes(scalar("SELECT content_sealed FROM applications_document LIMIT 1"))
        assert content[:64] not in stored
        for somebody in (resident(38), Actor(id="staff:9", kind="staff")):
            with pytest.raises(NotFound):
                applications.own_document(
                    public_id=public_id, document_id=document.id, actor=somebody
                )

    def test_a_counters_draft_and_its_papers_are_its_clerks(self) -> None:
        public_id = fill_in(clerk(number=1), answers())
        draft = applications.draft(public_id=public_id, actor=clerk(number=2))
        assert (draft.edited_by, draft.edited_at) == (clerk(number=1).id, NOW)
        for who, sees in ((2, True), (3, False)):
            somebody = clerk(number=2) if sees else clerk("office-daan", who)
            for document in draft.documents:
                if sees:
                    applications.own_document(
                        public_id=public_id, document_id=document.id, actor=somebody
                    )
                else:
                    with pytest.raises(NotFound):
                        applications.own_document(
                            public_id=public_id, document_id=document.id, actor=somebody
                        )

    def test_once_submitted_a_clerk_opens_papers_by_an_access_alone(self) -> None:
        """The address of a draft's paper stays in the browser; every look at a case is recorded."""
        me = clerk(number=1)
        public_id = fill_in(me, answers())
        papers = applications.draft(public_id=public_id, actor=me).documents
        applying.submit(public_id=public_id, consent=True, actor=me, now=NOW)
        for paper in papers:
            with pytest.raises(NotFound):
                applications.own_document(public_id=public_id, document_id=paper.id, actor=me)

    def test_a_clerk_of_no_counter_opens_nobodys_draft(self) -> None:
        """An online draft has no counter either."""
        public_id = fill_in(resident(42), answers())
        draft = applications.draft(public_id=public_id, actor=resident(42))
        nowhere = Actor(id="staff:9", kind="staff", roles=frozenset({"clerk"}))
        with pytest.raises(NotFound):
            applications.own_document(
                public_id=public_id, document_id=draft.documents[0].id, actor=nowhere
            )
        with pytest.raises(NotFound), unit_of_work():
            applications.add_document(
                public_id=public_id, paper="photo", content=b"", actor=nowhere, now=NOW
            )

    def test_a_discarded_draft_leaves_nothing(self) -> None:
        me = resident(39)
        public_id = fill_in(me, answers())
        with unit_of_work():
            applications.discard(public_id=public_id, actor=me, now=NOW)
        assert (
            scalar("SELECT count(*) FROM applications_document WHERE content_sealed IS NOT NULL")
            == 0
        )
        assert applications.drafts_of(actor=me) == []
        assert applications.verify(now=NOW) == []

    @pytest.mark.parametrize(
        ("born", "verdict"),
        [("1961-11-21", "unknown"), ("1961-11-22", "unknown"), ("1971-11-22", "no")],
    )
    def test_the_rule_is_foretold_from_the_answers(self, born: str, verdict: str) -> None:
        me = resident(41)
        public_id = fill_in(me, answers(birth_on=born))
        found = applications.forecast(public_id=public_id, actor=me, now=NOW)
        assert found["senior-rides"].verdict == verdict
        if verdict == "no":
            assert "55" in found["senior-rides"].because.text("zh-Hant")

    def test_a_weak_log_in_is_told_which_level_is_needed(self) -> None:
        me = resident(40, level=0)
        public_id = fill_in(me, answers())
        with pytest.raises(applications.LevelTooLow, match="level 1"), unit_of_work():
            applications.check_before_submitting(public_id=public_id, actor=me, now=NOW)
