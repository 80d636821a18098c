"""Messages over HTTP: a POST each, no redirect followed, an answer awaited for a few seconds."""

import ssl
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait

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
    :param timeout_s: how long one step of an answer may take
    :param within_s: how long all may take; below the port's time-out
    """

    def __init__(
        self,
        *,
        networks: Sequence[Network] = (),
        plain: bool = False,
        timeout_s: float = 5.0,
        within_s: float = 40.0,
    ) -> None:
        self._networks, self._plain = tuple(networks), plain
        self._timeout_s, self._within_s = timeout_s, within_s
        self._tls = ssl.create_default_context()

    def send(self, calls: Sequence[WebhookCall]) -> list[MessageTry]:
        """Post messages side by side; what came of each that was begun in time."""
        until = time.monotonic() + self._within_s
        threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="webhook")
        begun: set[int] = set()

        def post(call: WebhookCall) -> MessageTry | None:
            if time.monotonic() >= until:
                return None
            begun.add(call.message_id)
            return self._post(call)

        posts = {threads.submit(post, call): call for call in calls}
        done, slow = wait(posts, timeout=self._within_s)
        threads.shutdown(wait=False, cancel_futures=True)
        tries = [said for one in done if (said := one.result()) is not None]
        # One that trickles its answer is given up here; its thread ends when the receiver does.
        late = [posts[one].message_id for one in slow if posts[one].message_id in begun]
        return tries + [
            MessageTry(message_id=one, delivered=False, answer="time-out") for one in late
        ]

    def check(self) -> str:
        """Say what may be called."""
        return f"{len(self._networks)} private networks"

    def _post(self, call: WebhookCall) -> MessageTry:
        try:
            answer = self._answered(call)
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

    def _answered(self, call: WebhookCall) -> httpx.Response:
        target = target_of(call.url, networks=self._networks, plain=self._plain)
        with httpx.Client(
            timeout=self._timeout_s, verify=self._tls, follow_redirects=False, trust_env=False
        ) as http:
            request = http.build_request(
                "POST",
                target.url,
                content=call.body,
                headers={**call.headers, "Host": target.host_header},
                extensions={"sni_hostname": target.host},
            )
            answer = http.send(request, stream=True)
            answer.close()  # what it says is not read: a status is an answer
        return answer
