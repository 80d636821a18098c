"""A supplement at a door: what was asked for, and what somebody hands in for it."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _

from citycard.applications import api as applications
from citycard.flows import applying
from citycard.infra import clock
from citycard.infra.web.refusals import refusal_text
from citycard.portals import filling
from citycard.portals.doors import actor_of
from citycard.portals.naming import in_language
from citycard.portals.papers import take_files

ANSWER: Final = "answer"


class SupplementForm(forms.Form):
    """A file for each paper that was asked for, one for what else helps, and words.

    What is needed is for the applications context to say, not for us.
    """

    use_required_attribute = False

    def __init__(
        self, case: applications.Case, part: applications.CasePart, data: Any = None
    ) -> None:
        super().__init__(data, auto_id=f"s{part.part_id}-%s")
        assert part.supplement is not None, "something was asked for"
        asked = part.supplement
        kept = {one.paper for one in case.documents if one.uploaded_at >= asked.asked_at}
        for paper in dict.fromkeys((*asked.papers, applications.OTHER)):
            self.fields[paper] = _file_field(paper, is_there=paper in kept)
        self.fields[ANSWER] = forms.CharField(
            label=_("給審核人員的說明"),
            required=False,
            widget=forms.Textarea(attrs={"rows": 3, "maxlength": applications.LONGEST_ANSWER}),
        )
        self.needed = {*asked.papers} or {ANSWER}

    def show(self, wrong: Mapping[str, str]) -> None:
        """Put why something was not taken beside it, and mark what need not be given."""
        self.is_valid()  # else there is nothing yet to add to
        for code, why in wrong.items():
            self.add_error(code if code in self.fields else None, why)
        for name, field in self.fields.items():
            field.required = name in self.needed


def form_of(
    case: applications.Case, part: applications.CasePart, wrong: Mapping[str, str], data: Any
) -> SupplementForm | None:
    """Return the form that a part's page shows; None where nothing is asked for.

    :param wrong: field → why it was not taken, of the form that ``data`` came with
    """
    if part.state != applications.states.SUPPLEMENT:
        return None
    form = SupplementForm(case, part, data if wrong else None)
    form.show(wrong)
    return form


def hand_in(request: HttpRequest, public_id: str, part_id: int) -> dict[str, str]:
    """Take the papers and the words and send the part back to its reviewer; return field → why for
    what keeps it from that. What is right is kept, so that only the rest is sent again.

    :raises Refused: the part waits for nothing, or no longer
    """
    wrong = take_files(request, public_id)
    if wrong:
        return wrong
    try:
        applying.resubmit(
            part_id=part_id,
            answer=request.POST.get(ANSWER, ""),
            actor=actor_of(request),
            now=clock.now(),
        )
    except applications.SupplementNotThere as absent:
        return {paper: _please_upload(paper) for paper in absent.facts["papers"]}
    except (applications.AnswerNeeded, applications.AnswerTooLong) as refusal:
        return {ANSWER: refusal_text(refusal)}
    return {}


def _file_field(paper: str, *, is_there: bool) -> forms.FileField:
    taken = "image/jpeg,image/png" + ("" if paper == applications.PHOTO else ",application/pdf")
    more = (
        _("已收到；可以再加一份。")
        if paper == applications.OTHER
        else _("已收到；選新的檔案就會更換。")
    )
    return forms.FileField(
        label=in_language(applications.paper_name(code=paper)),
        help_text=more if is_there else "",
        required=False,
        widget=forms.FileInput(attrs={"accept": taken}),
    )


def _please_upload(paper: str) -> str:
    label = applications.paper_name(code=paper)
    return filling.sentence(
        applications.Missing(kind="paper", code=paper, why="paper_missing", label=label)
    )
