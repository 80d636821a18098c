"""Messages over HTTP: a POST each, no redirect followed, an answer awaited for a few seconds."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx

from citycard.adapters.webhooks.guarding import Network, NotAllowed, target_of
from citycard.agencies.ports import MessageTry, WebhookCall

_AT_ONCE = 8
_TOLD = {
    httpx.TimeoutException: "time-out",
    httpx.ConnectError: "no-connection",
    httpx.HTTPError: "broken-answer",
}


class HttpWebhooks:
    """Posts messages to agencies' systems.

    :param networks: private networks that receivers may stand in
    :param plain: ``http`` to these networks is allowed; for demos
    """

    def __init__(
        self, *, networks: Sequence[Network] = (), plain: bool = False, timeout_s: float = 5.0
    ) -> None:
        self._networks, self._plain, self._timeout_s = tuple(networks), plain, timeout_s

    def send(self, calls: Sequence[WebhookCall]) -> list[MessageTry]:
        """Post messages; each subscription's one after the other, subscriptions side by side."""
        of_webhook: dict[int, list[WebhookCall]] = {}
        for call in calls:
            of_webhook.setdefault(call.webhook_id, []).append(call)
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="webhook") as threads:
            found = list(threads.map(self._in_order, of_webhook.values()))
        return [one for tries in found for one in tries]

    def check(self) -> str:
        """Say what may be called."""
        return f"{len(self._networks)} private networks"

    def _in_order(self, calls: Sequence[WebhookCall]) -> list[MessageTry]:
        tries = []
        with httpx.Client(timeout=self._timeout_s, follow_redirects=False, trust_env=False) as http:
            for call in calls:
                tries.append(self._post(http, call))
                if not tries[-1].delivered:
                    break
        return tries

    def _post(self, http: httpx.Client, call: WebhookCall) -> MessageTry:
        try:
            target = target_of(call.url, networks=self._networks, plain=self._plain)
            request = http.build_request(
                "POST",
                target.url,
                content=call.body,
                headers={**call.headers, "Host": target.host_header},
                extensions={"sni_hostname": target.host},
            )
            answer = http.send(request, stream=True)
            answer.close()  # what it says is not read: a status is an answer
        except NotAllowed as why:
            return MessageTry(message_id=call.message_id, delivered=False, answer=str(why))
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as broken:
            word = next(
                (told for kind, told in _TOLD.items() if isinstance(broken, kind)), "broken"
            )
            return MessageTry(message_id=call.message_id, delivered=False, answer=word)
        return MessageTry(
            message_id=call.message_id, delivered=answer.is_success, answer=str(answer.status_code)
        )
