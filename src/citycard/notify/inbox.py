"""A resident's messages: reading them, and marking them read."""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from citycard.infra.database import execute, rows, scalar
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.access import Access
from citycard.notify.texts import render_message


@dataclass(frozen=True, kw_only=True)
class InboxMessage:
    """A message as its reader sees it.

    :ivar code: the happening's code, for an icon or a link
    :ivar params: the references it mentions, so that a page can link to them
    """

    id: int
    code: str
    title: str
    body: str
    params: dict[str, object]
    told_at: dt.datetime
    is_read: bool


def inbox(
    *, access: Access, member_id: int, language: str, limit: int = 50, before: int | None = None
) -> list[InboxMessage]:
    """List a resident's messages, newest first, in the reader's language.

    :param before: id of the message that the page before ended with
    """
    access.require("messages", members=[member_id])
    found = rows(
        """
        SELECT id, code, params::text AS params, created_at, read_at FROM notify_message
        WHERE member_id = %(member)s AND (%(before)s::bigint IS NULL OR id < %(before)s)
        ORDER BY id DESC LIMIT %(limit)s
        """,
        {"member": member_id, "before": before, "limit": limit},
    )
    return [_shown(row, language) for row in found]


def unread_count(*, access: Access, member_id: int) -> int:
    """Count the messages a resident has not read."""
    access.require("messages", members=[member_id])
    return int(
        scalar(
            "SELECT count(*) FROM notify_message WHERE member_id = %s AND read_at IS NULL",
            [member_id],
        )
    )


def mark_read(*, member_id: int, now: dt.datetime, message_ids: list[int] | None = None) -> int:
    """Mark a resident's messages read, all of them unless some are named; return how many
    changed."""
    require_unit_of_work()
    return execute(
        """
        UPDATE notify_message SET read_at = %(now)s
        WHERE member_id = %(member)s AND read_at IS NULL
          AND (%(ids)s::bigint[] IS NULL OR id = ANY(%(ids)s))
        """,
        {"now": now, "member": member_id, "ids": message_ids},
    )


def _shown(row: Any, language: str) -> InboxMessage:
    params = json.loads(row.params)
    text = render_message(code=row.code, params=params, language=language)
    return InboxMessage(
        id=row.id,
        code=row.code,
        title=text.title,
        body=text.body,
        params=params,
        told_at=row.created_at,
        is_read=row.read_at is not None,
    )
