"""Text for XML files, which may not hold every character."""

import re

from kimi_tui.text import one_line

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean_xml_text(text: str) -> str:
    """Return text with a replacement sign for each character that no XML file may hold."""
    return _NOT_XML.sub("\ufffd", text)


def clean_xml_line(text: str, limit: int = 0) -> str:
    """Return the same on one line of so many characters, control characters shown; unlimited for 0."""
    return clean_xml_text(one_line(text, limit))
