"""Readers of documents: what is in the bytes reaches the parts, and what cannot be read is refused in one sentence."""

from pathlib import Path

import pytest

from kimi_tui.tools.text.readers import read_bytes, read_file
from kimi_tui.tools.workers.child import RefusalError


@pytest.mark.parametrize("media_type", ["application/pdf", "text/html", "text/csv", "text/plain", "application/json"])
def test_an_empty_document_is_refused(media_type: str) -> None:
    with pytest.raises(RefusalError, match="it is empty"):
        read_bytes(b"", media_type)


def test_a_file_that_is_known_is_not_read_again(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("hello")
    with file.open("rb") as opened:
        first = read_file(opened.fileno(), "text/plain")
        assert first.extraction is not None
        assert read_file(opened.fileno(), "text/plain", known=first.digest).extraction is None


def test_read_file_at_an_unreadable_descriptor_refuses(tmp_path: Path) -> None:
    with (tmp_path / "a.txt").open("wb") as opened, pytest.raises(RefusalError, match="cannot be read"):
        read_file(opened.fileno(), "text/plain")
