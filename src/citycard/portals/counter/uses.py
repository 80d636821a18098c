"""A use for somebody without a card or a phone: the clerk identifies them and enters it."""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from citycard.entitlements import api as entitlements
from citycard.flows import recording_uses
from citycard.infra import clock
from citycard.infra.web.forms import ChoiceCards
from citycard.infra.web.parts import Choice
from citycard.kernel.errors import Refused
from citycard.people import api as people
from citycard.portals.clicks import key_of, once
from citycard.portals.counter.handles import member_of
from citycard.portals.counter.shell import (
    ROLES,
    again,
    counter_of,
    open_person,
    page,
    person_line,
    today,
)
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import name_of
from citycard.portals.why_words import code_words
from citycard.taps import api as taps

_WHO: Final = ("name", "birth_on", "sex", "district", "id_masked", "rights")
REASONS: Final = {
    "no_card": gettext_lazy("沒有卡片"),
    "forgotten": gettext_lazy("忘了帶卡片"),
    "broken": gettext_lazy("卡片不能感應"),
    "no_phone": gettext_lazy("沒有手機，或手機不能用"),
    "reader_down": gettext_lazy("讀卡設備故障"),
}


class UseForm(forms.Form):
    """Which service, why without a card, and that the clerk saw who it is.

    :param may: the services that are entered here → whether the person has what each needs
    """

    service = forms.ChoiceField(label=gettext_lazy("使用哪一項服務"))
    price_ntd = forms.IntegerField(
        label=gettext_lazy("價格（元）"),
        help_text=gettext_lazy("用點數付款的服務才要填。"),
        required=False,
        min_value=1,
        max_value=100_000,
    )
    reason = forms.ChoiceField(
        label=gettext_lazy("為什麼沒有刷卡"),
        choices=list(REASONS.items()),
        widget=ChoiceCards(
            cards={code: Choice(title=name) for code, name in REASONS.items()},  # type: ignore[arg-type]  # lazy
            choices=list(REASONS.items()),
        ),
    )
    seen = forms.BooleanField(
        label=gettext_lazy("我看過證件正本，確認是本人"),
        error_messages={"required": gettext_lazy("請先看過證件，確認是本人。")},
    )

    def __init__(self, *args: Any, may: dict[str, bool], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(code, name_of("service", code)) for code in may]
        said = {True: _("有資格使用"), False: _("沒有資格；登記會留下紀錄，但不受理")}
        field = self.fields["service"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = named
        field.widget = ChoiceCards(
            cards={code: Choice(title=name, hint=said[may[code]]) for code, name in named},
            choices=named,
        )
        if not any(recording_uses.is_paid(service=code) for code in may):
            del self.fields["price_ntd"]


@door(roles=ROLES)
def use(request: HttpRequest, handle: str) -> HttpResponse:
    """Enter a use of somebody who stands at the counter; a tap like any other follows from it."""
    member_id = member_of(request, handle)
    offered = _offered(request)
    if not offered:
        raise Http404
    access = open_person(request, member_id, *_WHO)
    profile = people.profile(access=access, member_id=member_id)
    if profile.died_on is not None:
        raise Http404
    rights = entitlements.rights_of(access=access, member_ids=[member_id], on=today())[member_id]
    held = {right.entitlement for right in rights}
    form = UseForm(request.POST or None, may={code: _may(code, held) for code in offered})
    refused: Refused | None = None
    if form.is_bound and form.is_valid():
        try:
            answer = _recorded(request, member_id, form)
        except recording_uses.PriceNeeded:
            form.add_error("price_ntd", _("這項服務用點數付款，請填價格。"))
        except Refused as refusal:
            refused = again(refusal)
        else:
            level = messages.SUCCESS if answer.code.is_accepted else messages.WARNING
            messages.add_message(request, level, _said(form.cleaned_data["service"], answer))
            return HttpResponseRedirect(reverse("counter:person", args=[handle]))
    return page(
        request,
        "use",
        refused=refused,
        status=422 if form.is_bound and refused is None else None,
        handle=handle,
        form=form,
        once=once(request),
        who=person_line(profile),
    )


def is_offered(request: HttpRequest) -> bool:
    """Tell whether the clerk's counter enters uses of any service."""
    return bool(_offered(request))


def _offered(request: HttpRequest) -> list[str]:
    counter = counter_of(request)
    return recording_uses.offered_at(counter=counter) if counter else []


def _may(service: str, held: set[str]) -> bool:
    needed = taps.service_table().services[service].entitlement
    return needed is None or needed in held


def _recorded(request: HttpRequest, member_id: int, form: UseForm) -> taps.TapAnswer:
    given = form.cleaned_data
    return recording_uses.record(
        member_id=member_id,
        service=given["service"],
        reason=given["reason"],
        price_ntd=given.get("price_ntd"),
        key=key_of(request, "counter.use", actor_of(request).id, member_id),
        actor=actor_of(request),
        now=clock.now(),
    )


def _said(service: str, answer: taps.TapAnswer) -> str:
    """Say what became of a use, as a reader's screen would."""
    name = name_of("service", service)
    if not answer.code.is_accepted:
        why = code_words(answer.code)
        return _("「%(name)s」沒有受理：%(why)s。已留下紀錄。") % {"name": name, "why": why}
    said = _("「%(name)s」已登記。") % {"name": name}
    if answer.points:
        said += _("給 %(n)s 點。") % {"n": answer.points}
    if answer.paid is not None:
        rest = answer.paid.stored_value_ntd + answer.paid.cash_ntd
        said += _("點數付 %(points)s 點，另收現金 %(rest)s 元。") % {
            "points": answer.paid.points,
            "rest": rest,
        }
    return said
