"""The doors behind the plainest of servers: the application is the same, and so is its death."""

import os
import socketserver
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.util import setup_testing_defaults

from django.conf import settings
from django.db import connections

from citycard.config.wsgi import application


def _warm_up() -> None:
    """Load all pages before anybody is born of this process, by answering a stranger once."""
    question = {"PATH_INFO": "/kiosk/api/hello", "HTTP_HOST": "127.0.0.1"}
    setup_testing_defaults(question)
    answer = application(question, lambda *_: None)
    answer.close()
    assert not connections["default"].connection, "a child can't share its parent's connection"


_warm_up()


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128  # crowds come all at once


class _Quiet(WSGIRequestHandler):
    def log_message(self, *said: object) -> None:
        """Say nothing of every request."""


def main() -> None:
    """Serve until killed."""
    if patience := os.environ.get("DOOR_PATIENCE_S"):
        # soon say that the database is away, so that the kiosk need not wait in vain
        settings.DATABASES["default"]["OPTIONS"]["pool"]["timeout"] = float(patience)
    port = int(os.environ["DOOR_PORT"])
    server = make_server("127.0.0.1", port, application, _Server, _Quiet)
    server.serve_forever()
