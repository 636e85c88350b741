"""The log of an engine's faults, and their description for a person."""

from pathlib import Path

import pytest

from kimi_tui.engine.session import MAX_LOG_BYTES, describe_fault, log_traceback


def raised(error: ValueError) -> ValueError:
    """Return an error with a traceback."""
    try:
        raise error
    except ValueError as caught:
        return caught


@pytest.mark.parametrize(
    ("error", "log", "described"),
    [
        (ValueError("bad"), None, "ValueError: bad"),
        (ValueError("bad"), Path("/x/log"), "ValueError: bad; /x/log says where"),
        (KeyError(), None, "KeyError: without a word"),
        (RuntimeError(" \n\t"), None, "RuntimeError: without a word"),
        (RuntimeError("one\ntwo"), None, "RuntimeError: one two"),
    ],
)
def test_describe_fault_is_one_line_with_the_kind(error: BaseException, log: Path | None, described: str) -> None:
    assert describe_fault(error, log) == described


def test_describe_fault_long_text_is_cut() -> None:
    assert len(describe_fault(ValueError("x" * 10_000), None)) < 330


def test_log_traceback_has_the_session_the_error_and_its_place(tmp_path: Path) -> None:
    log = tmp_path / "log"

    log_traceback(raised(ValueError("bad")), "s1", log)

    text = log.read_text()
    assert " s1:\n" in text
    assert "in raised" in text
    assert text.endswith("ValueError: bad\n")


def test_log_traceback_again_adds_to_it(tmp_path: Path) -> None:
    log = tmp_path / "log"
    for name in ("first", "second"):
        log_traceback(raised(ValueError(name)), "s1", log)

    assert log.read_text().index("first") < log.read_text().index("second")


@pytest.mark.parametrize(("size", "kept"), [(MAX_LOG_BYTES, True), (MAX_LOG_BYTES + 1, False)])
def test_log_traceback_log_over_its_size_is_begun_anew(tmp_path: Path, size: int, kept: bool) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"x" * size)

    log_traceback(raised(ValueError("bad")), "s1", log)

    assert log.read_bytes().startswith(b"x") is kept
    assert b"ValueError: bad" in log.read_bytes()


def test_log_traceback_is_for_its_owner_alone_and_takes_any_text(tmp_path: Path) -> None:
    log = tmp_path / "log"

    log_traceback(raised(ValueError("\ud800 \u4e2d")), "s\ud800", log)

    assert log.stat().st_mode & 0o077 == 0
    assert "\\ud800 \u4e2d" in log.read_text()


@pytest.mark.parametrize("place", ["gone/log", "folder"])
def test_log_traceback_that_cannot_be_written_is_silent(tmp_path: Path, place: str) -> None:
    (tmp_path / "folder").mkdir()

    log_traceback(raised(ValueError("bad")), "s1", tmp_path / place)
    log_traceback(raised(ValueError("bad")), "s1", None)

    assert [one.name for one in (tmp_path / "folder").iterdir()] == []
