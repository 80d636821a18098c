"""The server's configuration: sized to the machine, one socket, and a log without anybody in it."""

import os
from collections.abc import Mapping
from pathlib import Path

MEGABYTE = 1024 * 1024


def configuration(
    *, socket_directory: Path, durable: bool, free: int, more: Mapping[str, str] | None = None
) -> str:
    """Return the text of citycard.conf, written before every start.

    `durable=False` is for test clusters only: it trades safety after a crash for speed.

    :param free: bytes that are free where the data lies: the log takes up to an eighth of them
    :param more: settings of the moment, quoted: the archive's, or those of a recovery
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // MEGABYTE
    settings = {
        "listen_addresses": "''",
        "unix_socket_directories": f"'{_quoted(socket_directory)}'",
        "unix_socket_permissions": "0700",
        "port": "5432",
        "max_connections": "200",
        "max_locks_per_transaction": "256",
        "shared_buffers": f"{_within(memory // 6, 128, 8192)}MB",
        "effective_cache_size": f"{_within(memory // 2, 256, 65536)}MB",
        "maintenance_work_mem": f"{_within(memory // 32, 64, 512)}MB",
        "work_mem": "16MB",
        "max_wal_size": f"{_within(free // MEGABYTE // 8, 1024, 8192)}MB",
        "min_wal_size": "512MB",
        "checkpoint_timeout": "15min",
        "random_page_cost": "1.1",
        "jit": "off",
        "timezone": "'UTC'",
        **LOG,
    }
    settings |= more or {}
    if not durable:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    return "".join(f"{name} = {value}\n" for name, value in settings.items())


# What the server itself did is logged; what a statement did wrong is not, since an error's message
# may quote a value (`invalid input syntax for type integer: "A1…"`). The application logs its type.
LOG = {
    "logging_collector": "on",
    "log_directory": "'log'",
    "log_filename": "'postgresql-%a.log'",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_timezone": "'UTC'",
    "log_line_prefix": "'%m [%p] %e %a '",
    "log_min_messages": "log",  # LOG, FATAL and PANIC; not ERROR
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


def _within(value: int, low: int, high: int) -> int:
    return max(low, min(high, value))


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
