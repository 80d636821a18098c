"""A copy of what the city keeps of one person, as a paper: for themselves to download, and for a
clerk to hand to somebody who came to the counter for it.

Source: Personal Data Protection Act, articles 3 and 10.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from django.http import HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from citycard.applications import api as applications
from citycard.attendance import api as attendance
from citycard.cards import api as cards
from citycard.disputes import api as disputes
from citycard.entitlements import api as entitlements
from citycard.infra import clock, papers
from citycard.infra.packs import current_pack
from citycard.infra.web import wording
from citycard.kernel.access import Access
from citycard.ledger import api as ledger
from citycard.notify import api as notify
from citycard.people import api as people
from citycard.portals.naming import in_language, name_of
from citycard.portals.resident.point_words import BOTH_WAYS, KINDS
from citycard.portals.stay_words import stay_line
from citycard.taps import api as taps

OF_THE_PERSON = (
    "name", "birth_on", "sex", "district", "village", "id_number", "phone", "email", "address",
)  # fmt: skip
FIELDS = (
    *OF_THE_PERSON, "statuses", "rights", "cards", "points", "points_history", "taps",
    "application", "messages", "disputes", attendance.FIELD, "access_log",
)  # fmt: skip
ONLINE, AT_COUNTER = 2_000, 100_000
"""So many lines of one kind stand in it, the newest. Whoever needs older ones gets them at a
counter, where a copy has what a person's life with the card can come to."""

FORMS = {"pdf": (papers.pdf_of, papers.PDF), "xlsx": (papers.xlsx_of, papers.XLSX)}

Lines = Sequence[Sequence[papers.Cell]]


def answer(*, access: Access, member_id: int, ending: str, most: int = ONLINE) -> HttpResponse:
    """Answer with a person's copy as a file to keep; its name says nothing of whose it is.

    :param ending: one of ``FORMS``
    :param most: lines of one kind
    """
    write, media_type = FORMS[ending]
    document = copy_of(access=access, member_id=member_id, most=most)
    response = HttpResponse(write(document), content_type=media_type)
    name = f"citycard-data-{clock.today():%Y%m%d}.{ending}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


def copy_of(*, access: Access, member_id: int, most: int = ONLINE) -> papers.Document:
    """Return what the city keeps of a person, in the reader's language.

    :param access: must cover the person and ``FIELDS``
    """
    tables = [table for table in _tables(access, member_id, most) if table.lines]
    notes = [
        _("照片與證明文件的影像不在這份複本裡，可以在申辦案件中查看，或到櫃台索取。"),
        _("內容有誤或需要補充時，請到任一櫃台提出；戶籍資料請向戶政事務所更正。"),
    ]
    if any(len(table.lines) >= most for table in tables):
        notes.append(_("紀錄很多的項目只列最近 %(n)s 筆；需要更早的，請到櫃台索取。") % {"n": most})
    return papers.Document(
        title=_("個人資料複本"),
        facts=[(_("製作時間"), _at(clock.now())), (_("依據"), _("個人資料保護法第3條、第10條"))],
        tables=tables,
        notes=notes,
    )


def _tables(access: Access, member_id: int, most: int) -> Iterator[papers.Table]:
    held = cards.cards_of(access=access, member_id=member_id)
    yield _table(_("基本資料"), [_("項目"), _("內容")], _person(access, member_id))
    yield _table(
        _("權益"),
        [_("名稱"), _("起日"), _("到（不含）")],
        [
            (name_of("entitlement", it.entitlement), _day(it.valid_from), _day(it.valid_to))
            for it in entitlements.history(access=access, member_id=member_id)
        ],
    )
    yield _table(
        _("持有過的卡片"),
        [_("卡別"), _("號碼"), _("歸戶"), _("解除歸戶")],
        [
            (name_of("card_kind", it.kind), it.masked_number, _at(it.bound_at), _at(it.unbound_at))
            for it in held
        ],
    )
    yield from _points(access, member_id, most)
    yield _table(
        _("刷卡紀錄"),
        [_("時間"), _("服務"), _("地點"), _("點數")],
        [
            (_at(it.at), name_of("service", it.service), _place(it.place), it.points)
            for it in taps.recent(access=access, member_id=member_id, limit=most)
        ],
    )
    yield _table(
        _("申辦過的案件"),
        [_("案號"), _("送件時間"), _("項目"), _("結案")],
        [
            (it.ref, _at(it.submitted_at), _("、").join(in_language(p.name) for p in it.parts),
             _at(it.closed_at))
            for it in applications.cases_of_member(access=access, member_id=member_id, limit=most)
        ],
    )  # fmt: skip
    yield _table(
        _("到離與出勤"), [_("日期"), _("地點"), _("時間")], _stays(access, member_id, most)
    )
    yield _table(
        _("申訴"),
        [_("時間"), _("您的說明"), _("答覆"), _("結束時間")],
        [
            (_at(it.opened_at), disputes.said_in(access=access, dispute_id=it.id),
             in_language(it.why), _at(it.ended_at))
            for it in disputes.disputes_of(access=access, member_id=member_id)
        ],
    )  # fmt: skip
    language = "en" if (get_language() or "").startswith("en") else "zh-Hant"
    yield _table(
        _("通知"),
        [_("時間"), _("主旨"), _("內容")],
        [
            (_at(it.told_at), it.title, it.body)
            for it in notify.inbox(
                access=access, member_id=member_id, language=language, limit=most
            )
        ],
    )
    yield _table(_("同意"), [_("目的"), _("同意時間"), _("撤回時間")], _grounds(member_id))
    yield _table(
        _("誰看過這些資料"),
        [_("時間"), _("查閱者"), _("目的"), _("看了哪些欄位"), _("紀錄編號")],
        [
            (_at(it.at), it.who, it.purpose_text, _("、").join(it.fields), it.reference)
            for it in people.access_log(access=access, member_id=member_id, limit=most)
        ],
    )


def _person(access: Access, member_id: int) -> Lines:
    profile = people.profile(access=access, member_id=member_id)
    names = current_pack().table("purposes")["fields"]
    lines = [
        (in_language(names[field]), _written(field, getattr(profile, field)))
        for field in OF_THE_PERSON
    ]
    held = people.statuses_of(access=access, member_id=member_id, on=clock.today())
    statuses = [name_of("status", code) for code, holds in held.items() if holds]
    return [*lines, (in_language(names["statuses"]), _("、").join(statuses))]


def _points(access: Access, member_id: int, most: int) -> Iterator[papers.Table]:
    for unit, row in current_pack().table("points")["units"].items():
        moves = ledger.history(holder=member_id, unit=unit, limit=most, access=access)
        has = ledger.balances(holders=[member_id], unit=unit, on=clock.today(), access=access)
        yield papers.Table(
            title=in_language(row["name"]),
            head=[_("時間"), _("事由"), _("增減"), _("處理中")],
            lines=[(_at(it.at), _what(it), it.amount, it.held) for it in moves],
            sums=[(_("現有"), "", has[member_id].available, has[member_id].held)],
        )


def _stays(access: Access, member_id: int, most: int) -> Lines:
    found = chain.from_iterable(
        attendance.stays_of(access=access, member_id=member_id, kind=kind, limit=most)
        for kind in ("school", "staff")
    )
    return [(_day(it.day), _place(it.place), str(stay_line(it)["times"])) for it in found]


def _grounds(member_id: int) -> Lines:
    purposes = current_pack().table("purposes")["purposes"]
    return [
        (in_language(purposes.get(it.purpose, {}).get("name", it.purpose)), _at(it.given_at),
         _at(it.withdrawn_at))
        for it in people.grounds_of(member_id=member_id)
        if it.kind == "consent"
    ]  # fmt: skip


def _what(entry: ledger.Entry) -> str:
    if entry.kind in BOTH_WAYS:
        return str(BOTH_WAYS[entry.kind][entry.amount < 0][0])
    return str(KINDS[entry.kind][0]) if entry.kind in KINDS else entry.kind


def _table(title: str, head: Sequence[str], lines: Iterable[Sequence[papers.Cell]]) -> papers.Table:
    return papers.Table(title=title, head=head, lines=list(lines))


def _written(field: str, value: object) -> str:
    if field == "sex" and value:
        return {"f": _("女"), "m": _("男")}[str(value)]
    if field == "district" and value:
        return name_of("district", str(value))
    return wording.date_long(value) if isinstance(value, dt.date) else str(value or "")


def _place(code: str) -> str:
    return name_of("place", code) if code else ""


def _day(day: dt.date | None) -> str:
    return f"{day:%Y-%m-%d}" if day else ""


def _at(at: dt.datetime | None) -> str:
    return f"{clock.city_time().local(at):%Y-%m-%d %H:%M}" if at else ""
