"""The city's mail relay by SMTP (RFC 5321), with TLS."""

import smtplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import formatdate
from urllib.parse import unquote, urlsplit

from citycard.identity.ports import Email, EmailResult
from citycard.infra.crypto import keyed_hmac

_LATER = range(400, 500)


class SmtpRelay:
    """Behind ``EmailSender``.

    :param url: ``smtp://user:password@host:587`` (STARTTLS) or ``smtps://…:465``; ``smtp+plain://host:25``
        for a relay on the same machine
    :param sender: the address in From
    """

    def __init__(self, url: str, sender: str, timeout_s: float = 10.0) -> None:
        self._url = urlsplit(url)
        self._sender = sender
        self._timeout_s = timeout_s

    def send(self, emails: Sequence[Email]) -> Sequence[EmailResult]:
        """Hand a batch over in one connection; one result an e-mail, in order.

        :raises OSError: the relay cannot be reached
        """
        with self._connect() as relay:
            return [self._send_one(relay, one) for one in emails]

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

    def _send_one(self, relay: smtplib.SMTP, one: Email) -> EmailResult:
        try:
            relay.send_message(self._write(one))
        except smtplib.SMTPRecipientsRefused as refused:
            code = next(iter(refused.recipients.values()))[0]
            later = code in _LATER
            return EmailResult(
                key=one.key, result="later" if later else "refused", why=f"smtp_{code}"
            )
        except smtplib.SMTPResponseException as refused:
            later = refused.smtp_code in _LATER
            why = f"smtp_{refused.smtp_code}"
            return EmailResult(key=one.key, result="later" if later else "refused", why=why)
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
