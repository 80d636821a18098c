"""What a reviewer can do with a part: approve it, ask for something more, refuse it."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from citycard.applications import api as applications
from citycard.flows import reviewing
from citycard.infra.packs import current_pack
from citycard.infra.web.forms import RocDateField
from citycard.kernel.actors import Actor
from citycard.portals.naming import name_of


class DecisionForm(forms.Form):
    """A decision about the part as the reviewer saw it."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: Any, *, review: reviewing.Review) -> None:
        part = review.view.part
        super().__init__(data, initial={"version": part.version}, prefix=self.kind)
        self.review = review
        self.part_id = part.part_id

    kind = ""

    def act(self, *, actor: Actor, now: dt.datetime) -> str:
        """Do it; return the sentence that tells it.

        :raises Refused: it can't be done, or no longer
        """
        raise NotImplementedError


class ApproveForm(DecisionForm):
    """An approval; facts that no register answered are confirmed from the papers, one by one."""

    kind = "approve"
    note = forms.CharField(
        label=gettext_lazy("給申請人的話"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, data: Any, *, review: reviewing.Review) -> None:
        super().__init__(data, review=review)
        self.facts = sorted(review.would_prove)
        for n, fact in enumerate(self.facts):
            papers = review.would_prove[fact]
            self.fields[f"fact_{n}"] = forms.BooleanField(
                label=_("確認「%(fact)s」") % {"fact": fact_name(fact)},
                help_text=_paper_hint(papers),
                required=False,
            )
            self.fields[f"until_{n}"] = RocDateField(
                label=_("證明有效至（不含當天）"), required=False
            )
        self.order_fields(["version", *self._fact_fields(), "note"])

    def _fact_fields(self) -> list[str]:
        return [name for n in range(len(self.facts)) for name in (f"fact_{n}", f"until_{n}")]

    def act(self, *, actor: Actor, now: dt.datetime) -> str:
        given = self.cleaned_data
        proven = tuple(
            applications.Proven(
                fact=fact,
                valid_to=given[f"until_{n}"],
                paper=next(iter(self.review.would_prove[fact]), ""),
            )
            for n, fact in enumerate(self.facts)
            if given[f"fact_{n}"]
        )
        decision = applications.PartDecision(
            part_id=self.part_id,
            decision="approve",
            version=given["version"],
            note=given["note"],
            proven=proven,
        )
        decided = reviewing.decide(decision=decision, actor=actor, now=now)
        return _("%(ref)s 已核准。") % {"ref": decided.ref}


class SupplementForm(DecisionForm):
    """A request for papers or words; the clock stands still until they come."""

    kind = "supplement"
    papers = forms.MultipleChoiceField(
        label=gettext_lazy("要補的文件"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    note = forms.CharField(
        label=gettext_lazy("請申請人怎麼做"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, data: Any, *, review: reviewing.Review) -> None:
        super().__init__(data, review=review)
        field = self.fields["papers"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(code, paper_name(code)) for code in _papers_of(review)]

    def clean(self) -> dict[str, Any]:
        """Ask for something."""
        found: dict[str, Any] = super().clean() or {}
        if not found.get("papers") and not (found.get("note") or "").strip():
            raise forms.ValidationError(_("請選擇要補的文件，或寫下需要申請人做什麼。"))
        return found

    def act(self, *, actor: Actor, now: dt.datetime) -> str:
        given = self.cleaned_data
        reviewing.ask_supplement(
            part_id=self.part_id,
            version=given["version"],
            papers=given["papers"],
            note=given["note"],
            actor=actor,
            now=now,
        )
        return _("%(ref)s 已請申請人補正。") % {"ref": self.review.view.case.ref}


class RefuseForm(DecisionForm):
    """A refusal with its reason."""

    kind = "refuse"
    reason = forms.ChoiceField(label=gettext_lazy("理由"), widget=forms.RadioSelect)
    note = forms.CharField(
        label=gettext_lazy("向申請人說明"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("說明事實與依據，申請人會看到這段文字。"),
    )

    def __init__(self, data: Any, *, review: reviewing.Review) -> None:
        super().__init__(data, review=review)
        field = self.fields["reason"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(code, _(f"applications.reason.{code}")) for code in applications.REASONS]

    def act(self, *, actor: Actor, now: dt.datetime) -> str:
        given = self.cleaned_data
        decision = applications.PartDecision(
            part_id=self.part_id,
            decision="refuse",
            version=given["version"],
            reason=given["reason"],
            note=given["note"],
        )
        decided = reviewing.decide(decision=decision, actor=actor, now=now)
        return _("%(ref)s 已決定不予核准。") % {"ref": decided.ref}


FORMS: tuple[type[DecisionForm], ...] = (ApproveForm, SupplementForm, RefuseForm)


def forms_of(review: reviewing.Review, data: Mapping[str, Any] | None) -> dict[str, DecisionForm]:
    """Build the forms; the one that was sent is bound."""
    sent = (data or {}).get("decision", "")
    return {form.kind: form(data if sent == form.kind else None, review=review) for form in FORMS}


def fact_name(fact: str) -> str:
    """Name a fact as reviewers know it."""
    kind, _dot, code = fact.partition(".")
    if kind == "status":
        return name_of("status", code)
    plain = {
        "birth_on": _("出生日期"),
        "sex": _("性別"),
        "id_kind": _("證件種類"),
        "registered_city": _("設籍本市"),
        "registered_district": _("設籍行政區"),
        "resides_in_city": _("實際居住本市"),
        "school": _("就學"),
    }
    return plain.get(fact, fact)


def paper_name(code: str) -> str:
    """Name a paper."""
    return _("照片") if code == "photo" else name_of("paper", code)


def _paper_hint(papers: tuple[str, ...]) -> str:
    if not papers:
        return _("沒有可以證明這一項的文件，請先請申請人補正。")
    return _("依據：%(papers)s") % {"papers": "、".join(paper_name(paper) for paper in papers)}


def _papers_of(review: reviewing.Review) -> list[str]:
    """Return the papers worth asking for: those that prove what is unknown first, then all
    others."""
    known = current_pack().table("papers")["papers"]
    missing = set(review.would_prove)
    proving = [code for code, row in known.items() if missing & set(row.get("proves", ()))]
    rest = ["photo", *(code for code in known if code not in proving)]
    return [*proving, *rest]
