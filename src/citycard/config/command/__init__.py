"""The `citycard` command: one file a subcommand.

Exit codes: 0 all is well · 1 something was found or failed, and is named · 2 wrong usage ·
3 the instance can't run here (database, keys, ports), and the reason is named.
"""

from citycard.config.command.main import app, main

__all__ = ["app", "main"]
