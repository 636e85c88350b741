"""The text of a read document as one."""

from kimi_tui.tools.text.parts import Extraction


def whole(extraction: Extraction) -> str:
    """All text of an extraction."""
    return "\n".join(part.text for part in extraction.parts)
