"""What changes about a person at the counter: how to reach them, and a new ID number."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from citycard.infra import clock
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.forms import ChoiceCards
from citycard.infra.web.parts import Choice
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.errors import Refused
from citycard.people import api as people
from citycard.portals.counter.handles import member_of
from citycard.portals.counter.shell import ROLES, again, open_person, page, person_line
from citycard.portals.doors import actor_of, door

_WHO = ("name", "birth_on", "sex", "district", "id_masked")
WHY = (
    ("renumbered", gettext_lazy("證號換發")),
    ("corrected", gettext_lazy("更正登打錯誤")),
    ("by_court", gettext_lazy("依法變更")),
)


class ContactForm(forms.Form):
    """How to reach somebody; what is empty is taken away."""

    phone = forms.RegexField(
        r"^\+?[0-9 ()-]{8,20}$", label=gettext_lazy("電話"), required=False, max_length=20
    )
    email = forms.EmailField(label=gettext_lazy("電子郵件"), required=False, max_length=254)
    address = forms.CharField(label=gettext_lazy("地址"), required=False, max_length=200)


class NumberForm(forms.Form):
    """A new ID number, and why the old one is dead."""

    number = forms.CharField(
        label=gettext_lazy("新的證號"),
        max_length=12,
        help_text=gettext_lazy("照證件正本輸入。"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )
    why = forms.ChoiceField(label=gettext_lazy("為什麼換"), choices=WHY)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = {code: Choice(title=str(name)) for code, name in WHY}
        self.fields["why"].widget = ChoiceCards(cards=named, choices=WHY)


@door(roles=ROLES)
def contact(request: HttpRequest, handle: str) -> HttpResponse:
    """Change how a person is reached."""
    member_id = member_of(request, handle)
    access = open_person(request, member_id, "phone", "email", "address", *_WHO)
    profile = people.profile(access=access, member_id=member_id)
    known = {name: getattr(profile, name) or "" for name in ContactForm.base_fields}
    form = ContactForm(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        with unit_of_work():
            people.change_contact(
                member_id=member_id,
                contact=people.Contact(**form.cleaned_data),
                actor=actor_of(request),
                now=clock.now(),
            )
        messages.success(request, _("聯絡方式已更新。"))
        return HttpResponseRedirect(reverse("counter:person", args=[handle]))
    return _page(request, "contact", handle, form, profile)


@door(roles=ROLES)
def number(request: HttpRequest, handle: str) -> HttpResponse:
    """Give a person their new ID number; all that is theirs follows, the old number is dead."""
    member_id = member_of(request, handle)
    access = open_person(request, member_id, *_WHO)
    form = NumberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with unit_of_work():
                people.replace_number(
                    member_id=member_id,
                    new_number=form.cleaned_data["number"],
                    why=form.cleaned_data["why"],
                    actor=actor_of(request),
                    now=clock.now(),
                )
        except Refused as refusal:
            form.add_error("number", refusal_text(again(refusal)))
        else:
            messages.success(request, _("證號已更換，卡片、點數與權益都跟著本人。"))
            return HttpResponseRedirect(reverse("counter:person", args=[handle]))
    profile = people.profile(access=access, member_id=member_id)
    return _page(request, "number", handle, form, profile)


def _page(
    request: HttpRequest, template: str, handle: str, form: forms.Form, profile: people.Profile
) -> HttpResponse:
    facts: dict[str, Any] = {"handle": handle, "form": form, "who": person_line(profile)}
    return page(request, template, status=422 if form.errors else None, **facts)
