"""Structured logs: one JSON object a line, with the request's id and nothing personal."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.typing import Processor

_ID_NUMBER = re.compile(r"(?<![A-Za-z0-9])[A-Z][0-9A-D][0-9]{8}(?![0-9])")
_EMAIL = re.compile(r"[^\s@\"'<>]+@[^\s@\"'<>]+\.[a-z]{2,}", re.IGNORECASE)
_SECRET = re.compile(r"(?i)\b(bearer|reader|client(?=\s+[^\s:]+:))\s+\S+")


def configure(level: str) -> None:
    """Send our logs and those of every library through one scrubbing JSON writer."""
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _name_exception_only,
                structlog.processors.JSONRenderer(ensure_ascii=False),
                scrub,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("procrastinate", "httpx", "httpcore", "PIL", "fontTools", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def scrub(_logger: object, _method: str, line: Any) -> str:
    """Take out what looks personal or secret: the last net, for texts that libraries write."""
    line = _ID_NUMBER.sub("[id]", line)
    line = _EMAIL.sub("[email]", line)
    return _SECRET.sub(r"\1 [secret]", line)


def _name_exception_only(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Keep an exception's type and where it was raised: its message may quote a person's data."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if isinstance(info, tuple) and info[1] is not None:
        trace = info[2]
        places = []
        while trace is not None:
            code = trace.tb_frame.f_code
            places.append(
                f"{code.co_filename.rpartition('/src/')[2]}:{trace.tb_lineno} {code.co_name}"
            )
            trace = trace.tb_next
        event["exception"] = info[1].__class__.__name__
        event["trace"] = places[-6:]
    return event
