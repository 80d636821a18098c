"""Where an agency's systems want to be told of what happens: addresses, kinds, secrets."""

import base64
import datetime as dt
import secrets
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from citycard.agencies.events import WebhookAdded, WebhookChanged
from citycard.infra import crypto, outbox
from citycard.infra.database import execute, row, rows, scalar
from citycard.infra.journal import announce
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused

WebhookState = Literal["active", "paused", "ended"]
MOST_WEBHOOKS = 10
LONGEST_URL = 500
WEBHOOK_TOPIC = "systems.webhooks"
"""The outbox's letters about messages; each one's ``ref`` is the message."""

SECRET = "agencies.webhook.secret"  # noqa: S105 - the label of a sealed field


class NoSuchWebhook(Refused):
    """There is no such subscription."""

    code = "agencies.no_such_webhook"
    http_status = 404


class NotAnAddress(Refused):
    """The address must begin with https:// and name a host, without a name or password in it."""

    code = "agencies.webhook_not_an_address"


class TooManyWebhooks(Refused):
    """A system has at most {most} subscriptions."""

    code = "agencies.too_many_webhooks"


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """A subscription as its agency sees it.

    :ivar waiting: how many messages are still to be delivered
    :ivar failed: how many were given up, and wait for somebody to send them again
    """

    webhook_id: int
    client_id: int
    agency: str
    url: str
    kinds: tuple[str, ...]
    state: WebhookState
    old_secret_until: dt.datetime | None
    made_at: dt.datetime
    waiting: int
    failed: int


@dataclass(frozen=True, kw_only=True)
class WebhookSecret:
    """A subscription's secret, which is shown this once; ``whsec_`` and Base64."""

    webhook_id: int
    secret: str = field(repr=False)


_WEBHOOK = """
SELECT w.id AS webhook_id, w.client_id, c.agency, w.url, w.kinds, w.state, w.old_secret_until,
       w.made_at,
       (SELECT count(*) FROM agencies_webhook_message m
        WHERE m.webhook_id = w.id AND m.state = 'waiting') AS waiting,
       (SELECT count(*) FROM agencies_webhook_message m
        WHERE m.webhook_id = w.id AND m.state = 'failed') AS failed
FROM agencies_webhook w JOIN agencies_client c ON c.id = w.client_id
"""


def add_webhook(
    *,
    client_id: int,
    url: str,
    kinds: Collection[str],
    actor: Actor,
    now: dt.datetime,
    plain: bool = False,
) -> WebhookSecret:
    """Let a system be told of kinds of happenings at an address; the secret is shown only now.

    Announces ``agencies.webhook.added``.

    :param plain: let ``http://`` be one, too; for demos
    :raises NotAnAddress: the address is none
    :raises TooManyWebhooks: the system has as many as it may
    """
    require_unit_of_work()
    _check(url, plain)
    has = scalar(
        "SELECT count(*) FROM agencies_webhook WHERE client_id = %s AND state <> 'ended'",
        [client_id],
    )
    if has >= MOST_WEBHOOKS:
        raise TooManyWebhooks(most=MOST_WEBHOOKS)
    secret, seal_row = _new_secret(), uuid.uuid4()
    made = scalar(
        """
        INSERT INTO agencies_webhook
            (client_id, url, kinds, seal_row, secret_sealed, made_at, made_by)
        VALUES (%s, %s, %s::text[], %s, %s, %s, %s) RETURNING id
        """,
        [
            client_id,
            url,
            sorted(kinds),
            seal_row,
            crypto.seal(SECRET, secret, row=seal_row),
            now,
            actor.id,
        ],
    )
    announce(WebhookAdded(webhook_id=made, client_id=client_id))
    return WebhookSecret(webhook_id=made, secret=secret)


def rotate_webhook_secret(
    *, webhook_id: int, overlap: dt.timedelta, actor: Actor, now: dt.datetime
) -> WebhookSecret:
    """Give a subscription a new secret; for the overlap, messages are signed with both.

    Announces ``agencies.webhook.changed``.

    :raises NoSuchWebhook: there is none with this id, or it ended
    """
    found = _locked(webhook_id)
    secret = _new_secret()
    execute(
        "UPDATE agencies_webhook SET secret_sealed = %s, old_secret_sealed = secret_sealed,"
        " old_secret_until = %s WHERE id = %s",
        [crypto.seal(SECRET, secret, row=found.seal_row), now + overlap, webhook_id],
    )
    announce(WebhookChanged(webhook_id=webhook_id))
    return WebhookSecret(webhook_id=webhook_id, secret=secret)


def change_webhook(*, webhook_id: int, state: WebhookState, actor: Actor, now: dt.datetime) -> None:
    """Let a subscription rest, go on, or end; what was not delivered when it ends never is.

    Announces ``agencies.webhook.changed``.

    :raises NoSuchWebhook: there is none with this id, or it ended
    """
    assert state in get_args(WebhookState), state
    _locked(webhook_id)
    execute("UPDATE agencies_webhook SET state = %s WHERE id = %s", [state, webhook_id])
    if state == "active":
        _look_at_letters(webhook_id, ["waiting"], now)
    elif state == "ended":
        _look_at_letters(webhook_id, ["waiting", "failed"], now)
        execute(
            "UPDATE agencies_webhook_message SET state = 'dropped', ended_at = %s"
            " WHERE webhook_id = %s AND state IN ('waiting', 'failed')",
            [now, webhook_id],
        )
    announce(WebhookChanged(webhook_id=webhook_id))


def rest_webhooks(*, webhook_ids: Sequence[int], now: dt.datetime) -> None:
    """Let subscriptions rest whose receivers are gone; one that ended meanwhile stays ended.

    Announces ``agencies.webhook.changed``.
    """
    require_unit_of_work()
    for one in rows(
        "UPDATE agencies_webhook SET state = 'paused'"
        " WHERE id = ANY(%s::bigint[]) AND state = 'active' RETURNING id",
        [sorted(webhook_ids)],
    ):
        announce(WebhookChanged(webhook_id=one.id))


def webhooks(*, client_id: int) -> list[Webhook]:
    """Return a system's subscriptions that haven't ended, the oldest first."""
    found = rows(
        f"{_WEBHOOK} WHERE w.client_id = %s AND w.state <> 'ended' ORDER BY w.id", [client_id]
    )
    return [_read(one) for one in found]


def undelivered_webhooks(*, agencies: Sequence[str]) -> list[Webhook]:
    """Return these agencies' subscriptions whose messages were given up, or wait while it rests."""
    found = rows(
        f"{_WEBHOOK} WHERE c.agency = ANY (%s::text[]) AND w.state <> 'ended' ORDER BY w.id",
        [list(agencies)],
    )
    told = (_read(one) for one in found)
    return [one for one in told if one.failed or (one.state == "paused" and one.waiting)]


def webhook(*, webhook_id: int) -> Webhook:
    """Return a subscription.

    :raises NoSuchWebhook: there is none with this id
    """
    found = row(f"{_WEBHOOK} WHERE w.id = %s", [webhook_id])
    if found is None:
        raise NoSuchWebhook()
    return _read(found)


def webhooks_of_kinds(*, kinds: Sequence[str], sandboxes: bool) -> list[Webhook]:
    """Return the subscriptions, of systems that are in use, to any of these kinds.

    :param sandboxes: those of systems in the sandbox, too: where everybody is invented
    """
    found = rows(
        f"{_WEBHOOK} WHERE w.kinds && %s::text[] AND w.state <> 'ended' AND c.state = 'active'"
        " AND (NOT c.sandbox OR %s) ORDER BY w.id",
        [list(kinds), sandboxes],
    )
    return [_read(one) for one in found]


def _read(found: Any) -> Webhook:
    return Webhook(**{**found._asdict(), "kinds": tuple(found.kinds)})


def _look_at_letters(webhook_id: int, states: Sequence[str], now: dt.datetime) -> None:
    found = rows(
        "SELECT id FROM agencies_webhook_message WHERE webhook_id = %s AND state = ANY(%s)",
        [webhook_id, states],
    )
    outbox.hasten(topic=WEBHOOK_TOPIC, refs=[one.id for one in found], now=now)


def _locked(webhook_id: int) -> Any:
    require_unit_of_work()
    found = row(
        "SELECT seal_row FROM agencies_webhook WHERE id = %s AND state <> 'ended'"
        " FOR NO KEY UPDATE",
        [webhook_id],
    )
    if found is None:
        raise NoSuchWebhook()
    return found


def _check(url: str, plain: bool) -> None:
    try:
        parts = urlsplit(url)
        good = (
            parts.scheme in (("https", "http") if plain else ("https",))
            and bool(parts.hostname)
            and parts.username is None
            and not parts.fragment
            and (parts.port or 443) > 0
        )
    except ValueError:
        good = False
    if not good or len(url) > LONGEST_URL or not url.isprintable() or " " in url:
        raise NotAnAddress()


def _new_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"
