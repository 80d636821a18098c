"""Messages: what the city told me, newest first; opening the page reads them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from citycard.infra import clock
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.numbers import whole
from citycard.notify import api as notify
from citycard.portals.doors import door
from citycard.portals.resident import own

PAGE = 30


@door(roles={"resident"}, member=True)
def inbox(request: HttpRequest) -> HttpResponse:
    """List messages and mark the shown ones read."""
    member_id = own.member_of(request)
    before = request.GET.get("before", "")
    found = notify.inbox(
        access=own.own_access(request, "messages"),
        member_id=member_id,
        language=own.reader_language(),
        limit=PAGE,
        before=whole(before),
    )
    unread = [message.id for message in found if not message.is_read]
    if unread:
        with unit_of_work():
            notify.mark_read(member_id=member_id, message_ids=unread, now=clock.now())
    more = found[-1].id if len(found) == PAGE else None
    return render(request, "resident/messages.html", {"found": found, "more": more})
