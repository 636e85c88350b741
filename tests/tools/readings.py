"""What was read of a document, as one text."""

from kimi_tui.tools.text.parts import Extraction


def whole(extraction: Extraction) -> str:
    """All text of an extraction."""
    return "\n".join(part.text for part in extraction.parts)
