"""The screen's server: on loopback only, for the kiosk's own browser and nobody else's pages."""

import contextlib
import http.server
import json
import threading
from typing import Any
from urllib.parse import parse_qs, urlsplit

from citycard_kiosk.kiosk import Kiosk
from citycard_kiosk.pages import LANGUAGES, Pages

OURS = frozenset({"127.0.0.1", "localhost", "[::1]"})
WISHES = {
    "/choose": ("choose", "points"),
    "/confirm": ("confirm", "points"),
    "/back": ("back", ""),
    "/again": ("again", ""),
    "/stop": ("stop", ""),
}
FILES = ("/static/", "/theme")
MOST_BYTES = 4096


class Screen(http.server.BaseHTTPRequestHandler):
    """One request of the kiosk's browser."""

    server_version = "citycard-kiosk"
    sys_version = ""
    protocol_version = "HTTP/1.1"
    kiosk: Kiosk
    pages: Pages

    def do_GET(self) -> None:
        """Answer with the screen, whether it changed, how we are, or a file that it is drawn
        with.
        """
        if not self._is_ours():
            return
        path = urlsplit(self.path)
        if path.path == "/":
            page = self.pages.page()
            self._send(200, page.html.encode(), "text/html; charset=utf-8", policy=page.policy)
        elif path.path == "/stage":
            self._stage(path.query)
        elif path.path == "/health":
            self._health()
        elif path.path.startswith(FILES):
            self._file()
        else:
            self._send(404, b"", "text/plain")

    def do_POST(self) -> None:
        """Hear a wish and show what came of it."""
        if not self._is_ours() or not self._comes_from_here():
            return
        form = self._form()
        if self.path == "/prefer":
            self._prefer(form)
        elif self.path == "/tray/put":
            self.kiosk.put(form.get("card", ""))
        elif self.path == "/tray/take":
            self.kiosk.take()
        elif self.path in WISHES:
            what, field = WISHES[self.path]
            self.kiosk.wish(what, form.get(field, ""))
        else:
            self._send(404, b"", "text/plain")
            return
        self.send_response(303)
        self.send_header("Location", "/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Say nothing: the journal is the record."""

    def _stage(self, query: str) -> None:
        seen = parse_qs(query).get("seen", [""])[0]
        if seen == str(self.kiosk.shown.version):
            self._send(204, b"", "text/plain")
        else:
            self._send(200, b"", "text/html; charset=utf-8", refresh=True)

    def _health(self) -> None:
        told = {
            "stage": self.kiosk.shown.stage,
            "open": len(self.kiosk.journal.open_lines()),
            "enrolled": self.kiosk.city is not None,
        }
        self._send(200, json.dumps(told).encode(), "application/json")

    def _file(self) -> None:
        found = self.pages.file(self.path)
        if found is None:
            self._send(404, b"", "text/plain")
        else:
            self._send(200, found[0], found[1])

    def _prefer(self, form: dict[str, str]) -> None:
        if form.get("language") in LANGUAGES:
            self.kiosk.taste.language = form["language"]
        if form.get("text") in ("normal", "big"):
            self.kiosk.taste.text = form["text"]

    def _form(self) -> dict[str, str]:
        length = min(int(self.headers.get("Content-Length") or 0), MOST_BYTES)
        told = parse_qs(self.rfile.read(length).decode("utf-8", "replace"))
        return {name: values[0] for name, values in told.items()}

    def _is_ours(self) -> bool:
        """Refuse other names for this machine: a page from elsewhere must not reach us by one."""
        host = self.headers.get("Host", "").rsplit(":", 1)[0]
        if host in OURS:
            return True
        self._send(421, b"", "text/plain")
        return False

    def _comes_from_here(self) -> bool:
        site = self.headers.get("Sec-Fetch-Site", "same-origin")
        origin = self.headers.get("Origin", "")
        if site in ("same-origin", "none") and (
            not origin or urlsplit(origin).netloc == self.headers.get("Host")
        ):
            return True
        self.close_connection = True
        self._send(403, b"", "text/plain")
        return False

    def _send(
        self, status: int, body: bytes, kind: str, *, policy: str = "", refresh: bool = False
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        if policy:
            self.send_header("Content-Security-Policy", policy)
        if kind.startswith("text/html"):
            self.send_header("Cache-Control", "no-store")
        if refresh:
            self.send_header("HX-Refresh", "true")
        with contextlib.suppress(ConnectionError):  # the browser has gone to another page
            self.end_headers()
            self.wfile.write(body)


def serve(kiosk: Kiosk, pages: Pages, port: int) -> http.server.ThreadingHTTPServer:
    """Start serving the screen on loopback; returns the server, to be shut down."""
    screen = type("OwnScreen", (Screen,), {"kiosk": kiosk, "pages": pages})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), screen)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="screen", daemon=True).start()
    return server
