"""Cards that people bring: one of their own joins, a lost one is stopped."""

import re
import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from citycard.cards import api as cards
from citycard.flows import issuing_cards
from citycard.infra import clock
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.forms import ChoiceCards
from citycard.infra.web.parts import Choice
from citycard.kernel.errors import Refused
from citycard.people import api as people
from citycard.portals import card_fees
from citycard.portals.counter.handles import member_of
from citycard.portals.counter.shell import ROLES, again, open_person, page, person_line
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import in_language, name_of

_WHO = ("name", "birth_on", "sex", "district", "id_masked")


class OwnCardForm(forms.Form):
    """The numbers of a card that its holder brought, each checked by the pack's rule."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        media = own_media()
        self.only_medium = next(iter(media)) if len(media) == 1 else ""
        if not self.only_medium:
            named = [(code, name_of("medium", code)) for code in media]
            self.fields["medium"] = forms.ChoiceField(
                label=_("哪一種卡"),
                choices=named,
                widget=ChoiceCards(cards={code: Choice(title=name) for code, name in named}),
            )
        for kind, row, required in _number_kinds(media):
            self.fields[kind] = forms.CharField(
                label=in_language(row["name"]),
                required=required,
                max_length=40,
                help_text=_("例如 %(example)s") % {"example": row["example"]}
                if row.get("example")
                else "",
                widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
            )

    def medium(self) -> str:
        """Return the medium that was chosen."""
        return self.only_medium or str(self.cleaned_data.get("medium", ""))

    def numbers(self) -> dict[str, str]:
        """Return number kind → number, without the spaces that people read aloud."""
        kinds = cards.card_table().media[self.medium()].numbers
        given = {kind: re.sub(r"[\s-]", "", self.cleaned_data.get(kind, "")) for kind in kinds}
        return {kind: number for kind, number in given.items() if number}

    def clean(self) -> dict[str, Any]:
        """See that each number has its kind's form."""
        medium = self.medium()
        if medium not in own_media():
            return self.cleaned_data
        rules = cards.card_table().media[medium].numbers
        for kind, number in self.numbers().items():
            if not rules[kind].pattern.fullmatch(number):
                self.add_error(kind, _("號碼的格式不對，請再核對一次。"))
        return self.cleaned_data


@door(roles=ROLES)
def bind(request: HttpRequest, handle: str) -> HttpResponse:
    """Join a card that its holder already has; parts that waited for it are done."""
    member_id = member_of(request, handle)
    if not own_media():
        raise Http404
    form = OwnCardForm(request.POST or None)
    refused: Refused | None = None
    if request.method == "POST" and form.is_valid():
        try:
            issuing_cards.join_with_own_card(
                member_id=member_id,
                medium=form.medium(),
                numbers=form.numbers(),
                actor=actor_of(request),
                now=clock.now(),
            )
        except Refused as refusal:
            refused = again(refusal)
        else:
            messages.success(request, _("已歸戶，這張卡現在就可以使用。"))
            return HttpResponseRedirect(reverse("counter:person", args=[handle]))
    access = open_person(request, member_id, *_WHO)
    return page(
        request,
        "bind",
        refused=refused,
        status=422 if form.errors else None,
        handle=handle,
        form=form,
        who=person_line(people.profile(access=access, member_id=member_id)),
    )


@door(roles=ROLES)
def report_lost(request: HttpRequest, handle: str, public_id: uuid.UUID) -> HttpResponse:
    """Stop a lost card for good, after one look at what that means."""
    member_id = member_of(request, handle)
    access = open_person(request, member_id, "cards", *_WHO)
    held = cards.cards_of(access=access, member_id=member_id)
    card = next((one for one in held if one.public_id == public_id), None)
    if card is None:
        raise Http404
    refused: Refused | None = None
    if request.method == "POST":
        try:
            with unit_of_work():
                cards.report_lost(card_id=card.card_id, actor=actor_of(request), now=clock.now())
        except Refused as refusal:
            refused = again(refusal)
        else:
            messages.success(request, _("已掛失。這張卡從現在起不能使用。"))
            return HttpResponseRedirect(reverse("counter:person", args=[handle]))
    return page(
        request,
        "report_lost",
        refused=refused,
        handle=handle,
        card=card,
        kind=name_of("card_kind", card.kind),
        replacement=card_fees.replacement(card.kind),
        who=person_line(people.profile(access=access, member_id=member_id)),
    )


def own_media() -> dict[str, Any]:
    """Return the media of which a holder's own card may join; in some cities none."""
    media = current_pack().table("cards")["media"]
    return {code: row for code, row in media.items() if row.get("holders_own")}


def _number_kinds(media: dict[str, Any]) -> list[tuple[str, Any, bool]]:
    """Return each number kind once: what it is called, and whether it must be given."""
    found: dict[str, tuple[str, Any, bool]] = {}
    for row in media.values():
        for kind, rule in row["numbers"].items():
            found.setdefault(kind, (kind, rule, kind == row.get("shown")))
    return list(found.values())
