"""The city's mail relay by SMTP (RFC 5321), with TLS."""

import smtplib
import ssl
import time
from collections.abc import Sequence
from contextlib import suppress
from email.message import EmailMessage
from email.utils import formatdate
from urllib.parse import unquote, urlsplit

from citycard.identity.ports import Email, EmailResult
from citycard.infra.crypto import keyed_hmac

_LATER = range(400, 500)
_DISCONNECTED = "disconnected"
_CLOSED = frozenset({"smtp_421", _DISCONNECTED})
"""What a relay that closes the connection says, or doesn't (RFC 5321, 3.8)."""

_MOST_CLOSED_AT_ONCE = 2


class SmtpRelay:
    """Behind ``EmailSender``.

    :param url: ``smtp://user:password@host:587`` (STARTTLS) or ``smtps://…:465``; ``smtp+plain://host:25``
        for a relay on the same machine
    :param sender: the address in From
    :param timeout_s: how long one answer may take
    :param within_s: after so long no further e-mail is begun; well below the port's time-out
    """

    def __init__(
        self, url: str, sender: str, timeout_s: float = 10.0, within_s: float = 20.0
    ) -> None:
        self._url = urlsplit(url)
        self._sender = sender
        self._timeout_s, self._within_s = timeout_s, within_s

    def send(self, emails: Sequence[Email]) -> Sequence[EmailResult]:
        """Hand a batch over; one result for each that was tried, in order.

        A relay takes so many on one connection and no more, or closes it when it likes: the others
        go over the next one. What the time doesn't reach is left for the next batch, so that what
        was sent is known before anybody stops waiting for it.

        :raises OSError: the relay cannot be reached, and none was tried
        """
        until = time.monotonic() + self._within_s
        results: list[EmailResult] = []
        closed_at_once = 0
        while len(results) < len(emails) and closed_at_once < _MOST_CLOSED_AT_ONCE:
            try:
                relay = self._connect()
            except OSError:
                if results:
                    break
                raise
            over = self._send_over(relay, emails[len(results) :], until)
            closed_at_once = closed_at_once + 1 if over[0].why in _CLOSED else 0
            results += over
            if time.monotonic() >= until:
                break
        return results

    def check(self) -> str:
        """Say how the relay is; raise when it cannot be reached."""
        with self._connect() as relay:
            code, _ = relay.noop()
        return f"answers {code}"

    def _connect(self) -> smtplib.SMTP:
        host, port = self._url.hostname or "localhost", self._url.port or 587
        if self._url.scheme == "smtps":
            context = ssl.create_default_context()
            relay: smtplib.SMTP = smtplib.SMTP_SSL(
                host, port, timeout=self._timeout_s, context=context
            )
        else:
            relay = smtplib.SMTP(host, port, timeout=self._timeout_s)
        if self._url.scheme == "smtp":
            relay.starttls(context=ssl.create_default_context())
        if self._url.username:
            relay.login(unquote(self._url.username), unquote(self._url.password or ""))
        return relay

    def _send_over(
        self, relay: smtplib.SMTP, emails: Sequence[Email], until: float
    ) -> list[EmailResult]:
        """Send over one connection while it lasts: the first always, so that each brings one on."""
        results: list[EmailResult] = []
        for one in emails:
            said = self._send_one(relay, one)
            if said.why in _CLOSED and results:
                break  # it was the connection's turn to end, and says nothing of this e-mail
            results.append(said)
            if said.why in _CLOSED or time.monotonic() >= until:
                break
        with suppress(OSError):  # whatever a relay says to a farewell, what it took it has
            relay.quit()
        relay.close()
        return results

    def _send_one(self, relay: smtplib.SMTP, one: Email) -> EmailResult:
        try:
            mail = self._write(one)
        except Exception:  # noqa: BLE001 - the library breaks at odd addresses in many ways
            return EmailResult(key=one.key, result="refused", why="address")
        try:
            relay.send_message(mail)
        except smtplib.SMTPRecipientsRefused as refused:
            return _said(one, next(iter(refused.recipients.values()))[0])
        except smtplib.SMTPResponseException as refused:
            return _said(one, refused.smtp_code)
        except smtplib.SMTPNotSupportedError:
            return EmailResult(key=one.key, result="refused", why="address")
        except OSError:  # also every other of the library's own
            return EmailResult(key=one.key, result="later", why=_DISCONNECTED)
        return EmailResult(key=one.key, result="sent")

    def _write(self, one: Email) -> EmailMessage:
        mail = EmailMessage()
        mail["From"] = self._sender
        mail["To"] = one.to
        mail["Subject"] = one.subject
        mail["Date"] = formatdate()
        # the same mail sent again has the same id: a relay or a mailbox can drop the second
        mail["Message-ID"] = f"<{keyed_hmac('adapters.email', 'message', one.key).hex()}@citycard>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(one.body)
        return mail


def _said(one: Email, code: int) -> EmailResult:
    return EmailResult(
        key=one.key, result="later" if code in _LATER else "refused", why=f"smtp_{code}"
    )
