"""A real library's system: asked whether it is on line, as any terminal asks."""

import socket

_STATUS = b"9900802.00"


class Sip2LibrarySystem:
    """Behind ``cards.ports.LibrarySystem``."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._address = (host.strip("[]"), int(port))

    def check(self) -> str:
        """Say that it answers SC Status.

        :raises OSError: it doesn't
        """
        with socket.create_connection(self._address, timeout=2) as line:
            line.sendall(_STATUS + b"\r")
            line.settimeout(2)
            answer = line.recv(1024)
        if not answer:
            raise ConnectionError("it hung up")
        said = "on line" if answer.startswith(b"98Y") else "answers, not on line before a login"
        return f"library system, {said}"
