"""The registers' feeds: how far each was followed, what was refused and why, taking a file."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from citycard.agencies import api as agencies
from citycard.flows import following_register
from citycard.infra.clock import now
from citycard.infra.web.refusals import refusal_text, words_of
from citycard.kernel.errors import Refused
from citycard.people import api as people
from citycard.portals import mass_change_words as words
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import name_of, name_of_staff
from citycard.portals.ops.shell import SEES, page

LARGEST_BYTES = 64 * 1024 * 1024


class FeedForm(forms.Form):
    """A file of a register, and its signature where there is one."""

    file = forms.FileField(
        label=gettext_lazy("登記異動檔（CSV）"),
        help_text=gettext_lazy("UTF-8 或 Big5，含結尾列 END；格式見說明文件。"),
        widget=forms.FileInput(attrs={"accept": ".csv"}),
        error_messages={"required": gettext_lazy("請選擇檔案。")},
    )
    signature = forms.FileField(
        label=gettext_lazy("登記機關的簽章"),
        required=False,
        help_text=gettext_lazy("與檔案同名、結尾為 .sig 的檔案。"),
    )


@door(roles=SEES)
def feeds(request: HttpRequest) -> HttpResponse:
    """Show every feed: what is wrong first, then how far, then what came."""
    return _page(request, FeedForm())


@door(roles={"operator", "officer"})
def upload(request: HttpRequest) -> HttpResponse:
    """Take a register's file: whole, weighed, and carried out or held."""
    form = FeedForm(request.POST, request.FILES) if request.method == "POST" else FeedForm()
    if not form.is_bound:
        return HttpResponseRedirect(reverse("ops:feeds"))
    if form.is_valid():
        try:
            return _taken(request, form)
        except Refused as no:
            form.add_error("file", refusal_text(no))
    return _page(request, form, status=422)


def _taken(request: HttpRequest, form: FeedForm) -> HttpResponse:
    file, beside = form.cleaned_data["file"], form.cleaned_data.get("signature")
    weighed = following_register.take_file(
        content=file.read(LARGEST_BYTES),
        name=str(file.name)[:120],
        signature=following_register.signature_from(beside.read(4096)) if beside else None,
        actor=actor_of(request),
        now=now(),
    )
    if weighed.held:
        messages.warning(
            request, _("收下了，但超過上限，等待第二位主管覆核；還沒有任何人的資格改變。")
        )
    else:
        messages.success(request, _("收下並執行了。"))
    return HttpResponseRedirect(reverse("ops:feeds"))


def _page(request: HttpRequest, form: FeedForm, status: int = 200) -> HttpResponse:
    deliveries = people.deliveries(limit=30)
    changes = agencies.mass_changes(kind="feed", limit=20)
    states = people.feed_states()
    refused = [one for one in deliveries if one.state == "refused"]
    return page(
        request,
        "feeds",
        status=status,
        form=form,
        feeds=[{"it": one, "name": name_of("register", one.register)} for one in states],
        silent=[
            {"it": one, "name": name_of("register", one.register)}
            for one in states
            if one.failing_since is not None
        ],
        refused=[_delivery(one) for one in refused[:3]] if _is_newest(refused, deliveries) else [],
        waiting=[_change(one) for one in changes if one.state == "waiting"],
        changes=[_change(one) for one in changes],
        deliveries=[_delivery(one) for one in deliveries],
        may_decide=bool(actor_of(request).roles & {"officer"})
        and actor_of(request).agency == agencies.operator(),
    )


def _is_newest(refused: list[people.Delivery], every: list[people.Delivery]) -> bool:
    """A refusal is wrong right now while nothing of that register was taken after it."""
    return bool(refused) and every[0].state == "refused"


def _change(one: agencies.MassChange) -> dict[str, Any]:
    return {"it": one, "about": words.about_name(one)}


def _delivery(one: people.Delivery) -> dict[str, Any]:
    return {
        "it": one,
        "register": name_of("register", one.register) if one.register else "—",
        "why": words_of(one.why, one.facts) if one.why else "",
        "by": name_of_staff(one.taken_by),
    }
