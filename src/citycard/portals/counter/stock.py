"""Blank cards of this counter: how many, received by number ranges, damaged ones taken out."""

import re
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from citycard.infra import clock
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.refusals import refusal_text
from citycard.issuing import api as issuing
from citycard.kernel.errors import NotFound, Refused
from citycard.portals.counter.queue import LOW_STOCK
from citycard.portals.counter.shell import ROLES, counter_of, page
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import in_language, name_of

MOST_AT_ONCE: Final = 2000
REASONS: Final = (
    ("damaged", gettext_lazy("外觀損壞")),
    ("chip_dead", gettext_lazy("晶片讀不到")),
    ("misprinted", gettext_lazy("卡號印刷不清")),
)
_NUMBER = {"inputmode": "numeric", "autocomplete": "off"}


class ReceiveForm(forms.Form):
    """A delivery: the first and last number of a row, or a list."""

    first = forms.CharField(
        label=gettext_lazy("第一張號碼"), required=False, widget=forms.TextInput(attrs=_NUMBER)
    )
    last = forms.CharField(
        label=gettext_lazy("最後一張號碼"), required=False, widget=forms.TextInput(attrs=_NUMBER)
    )
    numbers = forms.CharField(
        label=gettext_lazy("或貼上號碼清單"),
        help_text=gettext_lazy("一行一張；有晶片號碼時，以逗號接在卡號後面。"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        media = [(code, name_of("medium", code)) for code in printed_media()]
        self.fields["medium"] = forms.ChoiceField(label=_("卡片種類"), choices=media)
        self.order_fields(["medium", "first", "last", "numbers"])

    def clean(self) -> dict[str, Any]:
        """Read the numbers; a range must be one, and not endless."""
        given = self.cleaned_data
        if given.get("numbers"):
            self.rows = [_row(line) for line in given["numbers"].splitlines() if line.strip()]
        elif given.get("first"):
            self.rows = [(number, "") for number in self._range(given["first"], given["last"])]
        else:
            self.add_error("first", _("請填第一張號碼，或貼上清單。"))
        if len(getattr(self, "rows", ())) > MOST_AT_ONCE:
            self.add_error(None, _("一次最多 %(n)s 張。") % {"n": MOST_AT_ONCE})
        return given

    def blanks(self) -> list[issuing.NewBlank]:
        """Return the blanks of the delivery."""
        medium = self.cleaned_data["medium"]
        shown = current_pack().table("cards")["media"][medium]["shown"]
        return [
            issuing.NewBlank(
                medium=medium, numbers={shown: number} | ({"chip_id": chip} if chip else {})
            )
            for number, chip in self.rows
        ]

    def _range(self, first: str, last: str) -> list[str]:
        first, last = _plain(first), _plain(last or first)
        fits = first.isdecimal() and last.isdecimal() and len(first) == len(last)
        if not fits or int(last) < int(first):
            self.add_error("last", _("最後一張要和第一張一樣長，而且不比它小。"))
            return []
        if int(last) - int(first) >= MOST_AT_ONCE:
            self.add_error("last", _("一次最多 %(n)s 張。") % {"n": MOST_AT_ONCE})
            return []
        return [str(n).zfill(len(first)) for n in range(int(first), int(last) + 1)]


class SpoilForm(forms.Form):
    """A damaged blank."""

    number = forms.CharField(label=gettext_lazy("卡號"), widget=forms.TextInput(attrs=_NUMBER))
    reason = forms.ChoiceField(label=gettext_lazy("原因"), choices=REASONS)

    prefix = "spoil"


@door(roles=ROLES)
def stock(request: HttpRequest) -> HttpResponse:
    """Show the stock by kind and state; take in a delivery."""
    form = ReceiveForm(request.POST or None)
    counter = counter_of(request)
    if request.method == "POST" and counter is not None and form.is_valid():
        with unit_of_work():
            received = issuing.receive_blanks(
                counter=counter, blanks=form.blanks(), actor=actor_of(request), now=clock.now()
            )
        return _received(request, form, received)
    return _stock_page(request, receive=form, status=422 if form.errors else None)


@door(roles=ROLES)
def spoil(request: HttpRequest) -> HttpResponse:
    """Take a damaged blank out of stock."""
    form = SpoilForm(request.POST or None)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("counter:stock"))
    if form.is_valid():
        try:
            _take_out(request, _plain(form.cleaned_data["number"]), form.cleaned_data["reason"])
        except Refused as refusal:
            form.add_error("number", refusal_text(refusal))
        else:
            messages.success(request, _("已報廢這張空白卡。"))
            return HttpResponseRedirect(reverse("counter:stock"))
    return _stock_page(request, spoiled=form, status=422)


def printed_media() -> list[str]:
    """Return the media of which there are blanks: those on which a city prints its own kinds."""
    kinds = current_pack().table("cards")["kinds"].values()
    media = current_pack().table("cards")["media"]
    used = {code for kind in kinds if kind.get("personalised") for code in kind["media"]}
    return [code for code, row in media.items() if code in used and row["numbers"]]


def _take_out(request: HttpRequest, number: str, reason: str) -> None:
    refusal: Refused = NotFound(what="blank card")
    for medium in printed_media():
        try:
            with unit_of_work():
                issuing.spoil_blank(
                    medium=medium,
                    number=number,
                    reason=reason,
                    actor=actor_of(request),
                    now=clock.now(),
                )
            return
        except NotFound as none:
            refusal = none
    raise refusal


def _received(
    request: HttpRequest, form: ReceiveForm, received: list[issuing.Received]
) -> HttpResponse:
    taken = sum(one.blank_id is not None for one in received)
    said = ngettext("入庫 %(n)s 張空白卡。", "入庫 %(n)s 張空白卡。", taken) % {"n": taken}
    refusals: dict[str, int] = {}
    for one in received:
        if one.refusal is not None:
            why = refusal_text(one.refusal)
            refusals[why] = refusals.get(why, 0) + 1
    if not refusals:
        messages.success(request, said)
        return HttpResponseRedirect(reverse("counter:stock"))
    return _stock_page(request, receive=form, status=422, taken=taken, not_taken=refusals)


def _stock_page(
    request: HttpRequest,
    *,
    receive: ReceiveForm | None = None,
    spoiled: SpoilForm | None = None,
    status: int | None = None,
    **facts: Any,
) -> HttpResponse:
    counter = counter_of(request)
    media = current_pack().table("cards")["media"]
    return page(
        request,
        "stock",
        status=status,
        counts=[
            {"name": in_language(media[one.medium]["name"]), "stock": one}
            for one in (issuing.stock(counter=counter) if counter else [])
            if one.medium in media
        ],
        low=LOW_STOCK,
        receive=receive or ReceiveForm(),
        spoiled=spoiled or SpoilForm(),
        **facts,
    )


def _row(line: str) -> tuple[str, str]:
    number, _comma, chip = re.sub(r"[\t;，]", ",", line).partition(",")
    return _plain(number), _plain(chip)


def _plain(text: str) -> str:
    return re.sub(r"[\s-]", "", text or "")
