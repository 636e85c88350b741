"""The README says what is there: its keys, its pictures, its files."""

import re

from tools.key_table import README, replace_table


def test_the_table_of_keys_is_the_list_of_actions() -> None:
    text = README.read_text("utf-8")
    assert replace_table(text) == text


def test_every_picture_and_path_named_is_there() -> None:
    text = README.read_text("utf-8")
    named = re.findall(r"\]\(([^)#:]+)\)", text) + re.findall(r"`((?:kimi_tui|tools)/[\w./]*)`", text)
    assert named
    for path in named:
        assert (README.parent / path).exists(), path


def test_no_address_of_a_registry_stands_in_the_lock_files() -> None:
    for path in (README.parent / "tools").glob("locked*.txt"):
        assert "://" not in path.read_text("utf-8")
