"""The documents say what is there: keys, pictures, files, and the names in them."""

import re
from pathlib import Path

import pytest

from kimi_tui import __version__
from kimi_tui.config import ENVIRONMENT
from tools.key_table import README, replace_table
from tools.settings_table import replace_settings

ROOT = README.parent
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "kimi_tui/DECISIONS.md", "tools/README.md")
RETIRED = r"told|mend(?:s|ed)?|stands?|whoever|let be|goes round|thrown away|as it is|let in"
"""Words that a reader who is new here has to read twice."""


def named_paths(text: str) -> list[str]:
    """Every path of the project that a text names as code."""
    return re.findall(r"`((?:kimi_tui|tools|tests)/[\w./-]*)`", text)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_document_every_picture_and_path_exists(document: str) -> None:
    text = (ROOT / document).read_text("utf-8")
    linked = [(ROOT / document).parent / path for path in re.findall(r"\]\(([^)#:]+)\)", text)]
    assert named_paths(text)
    for path in (*linked, *(ROOT / path for path in named_paths(text))):
        assert path.exists(), path


@pytest.mark.parametrize("document", DOCUMENTS)
def test_document_uses_no_retired_word(document: str) -> None:
    text = (ROOT / document).read_text("utf-8")
    assert not re.findall(rf"(?i)(?<![\w-])(?:{RETIRED})(?![\w-])", text)


def test_decisions_are_numbered_once_and_in_order() -> None:
    text = (ROOT / "kimi_tui" / "DECISIONS.md").read_text("utf-8")
    numbers = [int(number) for number in re.findall(r"(?m)^(\d+)\. ", text)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) > 40


def test_readme_key_table_is_the_list_of_actions() -> None:
    text = README.read_text("utf-8")
    assert replace_table(text) == text


def test_readme_settings_table_is_what_is_declared() -> None:
    text = README.read_text("utf-8")
    assert text.count("| `stall_steps` | 25 |") == 1
    assert replace_settings(text) == text


def test_readme_names_every_variable() -> None:
    named = set(re.findall(r"`(KIMI_TUI_\w+)`", README.read_text("utf-8")))
    assert set(ENVIRONMENT) <= named


def test_readme_programs_of_its_figures_are_described_beside_them() -> None:
    measured = README.read_text("utf-8").partition("## Measured")[2].partition("\n## ")[0]
    described = (ROOT / "tools" / "README.md").read_text("utf-8")
    programs = [path for path in named_paths(measured) if path.endswith(".py")]
    assert len(programs) >= 8
    for program in programs:
        assert f"`{program}`" in described, program


def entries(text: str) -> list[str]:
    """The bullets and the rows of tables in a text, each on one line."""
    return [line for line in re.sub(r"\n  (?=\S)", " ", text).split("\n") if line.startswith(("- **", "| "))]


CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
ENTRIES = [entry for entry in entries(CONTRIBUTING.partition("## To add")[2]) if named_paths(entry)]


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry.strip("|-* ")[:24].partition("*")[0] for entry in ENTRIES])
def test_contributing_names_of_an_answer_are_in_its_files(entry: str) -> None:
    files = [ROOT / path for path in named_paths(entry) if (ROOT / path).is_file()]
    texts = "\n".join(path.read_text("utf-8") for path in files)
    for name in re.findall(r"`([A-Za-z_]\w*(?:\.(?!md|toml)\w+)?)`", entry):
        assert re.search(rf"\b{name.rpartition('.')[2]}\b", texts), name


def test_contributing_has_ten_tasks() -> None:
    tasks = entries(CONTRIBUTING.partition("## Ten tasks")[2].partition("\n## ")[0])
    assert len([task for task in tasks if named_paths(task)]) == 10


def test_changelog_latest_release_is_the_version_and_has_a_date() -> None:
    headings = re.findall(r"(?m)^## (.+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"))
    assert headings[0] == "Unreleased"
    assert re.fullmatch(rf"{re.escape(__version__)} \(\d{{4}}-\d\d-\d\d\)", headings[1])
    assert len(set(headings)) == len(headings)


def test_lock_files_name_no_address() -> None:
    for path in Path(ROOT / "tools").glob("locked*.txt"):
        assert "://" not in path.read_text("utf-8")
