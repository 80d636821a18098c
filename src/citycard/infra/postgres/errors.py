"""What goes wrong around the server, as one kind of error whose message is for the operator."""


class PostgresProblem(Exception):
    """The city's PostgreSQL could not be made, started or reached; the message says why."""
