"""The last net: what looks personal or secret does not reach a log line."""

import logging

import pytest
import structlog

from citycard.infra.logs import configure, scrub


def test_personal_and_secret_texts_are_taken_out() -> None:
    line = scrub(None, "", '{"m": "A123456789 wrote to mei@example.tw, Reader R1:abc.def"}')
    assert "A123456789" not in line
    assert "mei@" not in line
    assert "abc.def" not in line
    assert "k3y" not in scrub(None, "", "Authorization: Client transport:k3y")
    assert scrub(None, "", "the client closed it") == "the client closed it"


def test_an_exception_handed_over_as_a_value_is_named_and_not_quoted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The gate logs what another thread caught; the log must say what and where."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure("INFO")
    try:
        raise ValueError("王小美")
    except ValueError as caught:
        structlog.get_logger("test").error("gate.batch_failed", exc_info=caught)
    finally:
        root.handlers[:], root.level = handlers, level
    said = capsys.readouterr().err
    assert '"exception": "ValueError"' in said
    assert "test_logs.py" in said
    assert "王小美" not in said
