"""The doors behind the plainest of servers: the application is the same, and so is its death."""

import os
import socketserver
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from citycard.config.wsgi import application


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128  # crowds come all at once


class _Quiet(WSGIRequestHandler):
    def log_message(self, *said: object) -> None:
        """Say nothing of every request."""


def main() -> None:
    """Serve until killed."""
    port = int(os.environ["DOOR_PORT"])
    server = make_server("127.0.0.1", port, application, _Server, _Quiet)
    server.serve_forever()
