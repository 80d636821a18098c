"""How staff come in: adding somebody, renewing what they sign in by. Secrets are shown once."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from citycard.agencies import api as agencies
from citycard.flows import staffing
from citycard.identity import api as identity
from citycard.infra.clock import now
from citycard.infra.packs import current_pack
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.errors import NotFound, Refused
from citycard.portals import code_pictures
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import in_language, name_of
from citycard.portals.ops.shell import RETRIES, page

NOT_STAFF = frozenset({"resident", "system", "device"})
_BESIDE = {
    agencies.UsernameTaken: "username",
    agencies.CounterOfAnotherAgency: "counter",
    identity.PasswordTooShort: "password",
}


class PasswordForm(forms.Form):
    """What somebody will sign in by; the secret of their codes is made for them."""

    password = forms.CharField(
        label=gettext_lazy("密碼"),
        required=False,
        strip=False,
        max_length=200,
        help_text=gettext_lazy("由本人輸入，至少 12 個字。留白會產生一組，只顯示一次。"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class StaffForm(PasswordForm):
    """Somebody who will serve the city."""

    display_name = forms.CharField(
        label=gettext_lazy("姓名"),
        max_length=80,
        error_messages={"required": gettext_lazy("請填寫這位人員的姓名。")},
    )
    username = forms.RegexField(
        r"^[A-Za-z0-9][A-Za-z0-9._-]{1,39}$",
        label=gettext_lazy("帳號"),
        help_text=gettext_lazy("2 到 40 個英文字母、數字、點、底線或連字號；之後不能更改。"),
        error_messages={
            "required": gettext_lazy("請填寫這位人員的帳號。"),
            "invalid": gettext_lazy("帳號只能有英文字母、數字、點、底線或連字號。"),
        },
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    agency = forms.ChoiceField(label=gettext_lazy("機關"))
    counter = forms.ChoiceField(
        label=gettext_lazy("櫃台"),
        required=False,
        help_text=gettext_lazy("在櫃台服務民眾的人才需要。"),
    )
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("角色"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("請至少選一個角色。")},
    )
    field_order = ("display_name", "username", "agency", "counter", "roles", "password")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choose(
            "agency", [(it.code, name_of("agency", it.code)) for it in agencies.agencies()]
        )
        counters = [(it.code, name_of("counter", it.code)) for it in agencies.counters()]
        self._choose("counter", [("", _("不在櫃台")), *counters])
        self._choose("roles", list(roles().items()))

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices


@never_cache
@door(roles=RETRIES)
def add(request: HttpRequest) -> HttpResponse:
    """Take in somebody new, and show what they sign in by."""
    form = StaffForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        given = {**form.cleaned_data, "counter": form.cleaned_data["counter"] or None}
        given["password"] = given["password"] or None
        try:
            made = staffing.add(**given, actor=actor_of(request), now=now())
        except Refused as no:
            form.add_error(_BESIDE.get(type(no)), refusal_text(no))
        else:
            return _secrets(request, made)
    return page(request, "staff_add", status=422 if form.is_bound else 200, form=form)


@never_cache
@door(roles=RETRIES)
def renew(request: HttpRequest, staff_id: int) -> HttpResponse:
    """Give somebody a new password and a new secret, and show them."""
    try:
        who = agencies.staff(staff_id=staff_id)
    except agencies.NoSuchStaff:
        raise NotFound(what="staff") from None
    form = PasswordForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            made = staffing.renew(
                staff_id=staff_id,
                password=form.cleaned_data["password"] or None,
                actor=actor_of(request),
                now=now(),
            )
        except Refused as no:
            form.add_error(_BESIDE.get(type(no)), refusal_text(no))
        else:
            return _secrets(request, made)
    return page(request, "staff_renew", status=422 if form.is_bound else 200, form=form, who=who)


def _secrets(request: HttpRequest, made: identity.StaffSecrets) -> HttpResponse:
    opened = identity.account(account_id=made.account_id)
    assert opened.staff_id is not None, "a member of staff's account was opened just now"
    return page(
        request,
        "staff_secrets",
        who=agencies.staff(staff_id=opened.staff_id),
        made=made,
        picture=code_pictures.square(made.totp_address, label=_("驗證器 App 的設定條碼")),
    )


def roles() -> dict[str, str]:
    """Return the roles that staff may have, with their names."""
    table = current_pack().table("purposes")["roles"]
    return {code: in_language(row["name"]) for code, row in table.items() if code not in NOT_STAFF}
