"""Text cut into parts: nothing is lost, and no part is too long."""

import pytest

from kimi_tui.tools.text.parts import PART_CHARS, split_blocks, split_sections


def test_markdown_is_cut_at_headings_but_not_inside_code() -> None:
    text = "# Title\n\nOne.\n\n```\n# no heading\n```\n\nUnder\n=====\n\nTwo.\n\n## Empty\n\n### Deep ##\n\nThree."
    found = [(section.title, section.text) for section in split_sections(text)]
    assert found == [
        ("Title", "One.\n\n```\n# no heading\n```"),
        ("Under", "\nTwo.".strip()),
        ("Empty › Deep", "Three."),
    ]


def test_headings_without_any_text_are_not_lost() -> None:
    text = "\n".join(f"# Heading {n}" for n in range(10))
    reported = "\n".join(f"{section.title} {section.text}" for section in split_sections(text))
    assert all(f"Heading {n}" in reported for n in range(10))


@pytest.mark.parametrize("paragraph", ["word " * 300, "x" * 7000, "A line of text.\n" * 400, "One. Two! " * 700])
def test_blocks_keep_every_word_and_stay_short(paragraph: str) -> None:
    text = "\n\n".join([paragraph] * 5)
    found = list(split_blocks(text))
    assert "".join("".join(found).split()) == "".join(text.split())
    assert max(map(len, found)) <= PART_CHARS + 10
    assert len(found) <= 2 + 2 * len(text) // PART_CHARS
