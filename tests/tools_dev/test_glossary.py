"""The check of words finds synonyms where we choose the word, and nowhere else."""

from pathlib import Path

import pytest

from tools import glossary


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of one empty module."""
    (tmp_path / "kimi_tui").mkdir()
    return tmp_path


def words(project: Path, source: str) -> list[tuple[int, str, str]]:
    (project / "kimi_tui" / "module.py").write_text(source, encoding="utf-8")
    return [(finding.line, finding.word, finding.instead) for finding in glossary.check(project)]


@pytest.mark.parametrize(
    ("source", "line", "word", "instead"),
    [
        ("def show_thoughts(): ...", 1, "thoughts", "reasoning"),
        ("class ChatHistory: ...", 1, "chat", "session"),
        ("def work(tool_result): ...", 1, "tool_result", "observation"),
        ("class Call:\n    rejected: bool", 2, "rejected", "vetoed"),
        ("self.workspace = 1", 1, "workspace", "desk"),
        ("title = 'The tool result is shown'", 1, "tool result", "observation"),
        ("title = 'Budget limit reached'", 1, "Budget limit", "cap"),
        ("title = f'{count} conversations'", 1, "conversations", "session"),
        ('"""A module.\n\nIt keeps the transcript.\n"""', 3, "transcript", "timeline"),
    ],
)
def test_a_synonym_is_found_with_its_line_and_the_right_word(
    project: Path, source: str, line: int, word: str, instead: str
) -> None:
    assert words(project, source) == [(line, word, instead)]


@pytest.mark.parametrize(
    "source",
    [
        "task.cancel()",
        "path = '/v1/chat/completions'",
        "kind = 'chat.completion.chunk'",
        "field = 'chat_template_kwargs'",
        "def post_chat_completion(): ...",
        "title = 'speaks chat completions'",
        "model = 'Kimi K2 Thinking'",
        "raise PermissionError('permission denied')",
        "title = 'The reasoning of a step, the observation of a call'",
    ],
)
def test_the_words_of_libraries_wires_and_the_glossary_pass(project: Path, source: str) -> None:
    assert words(project, source) == []


def test_the_readme_is_read_too(project: Path) -> None:
    (project / "README.md").write_text("# Title\n\nOpen a chat.\n", encoding="utf-8")
    assert glossary.check(project) == [glossary.GlossaryFinding(Path("README.md"), 3, "chat", "session")]


def test_every_pattern_finds_a_text_and_names_its_word() -> None:
    for text in ("aborted the turn", "permission prompts", "rejecting the call", "message history", "tool outputs"):
        assert len(list(glossary.check_text(Path("x.py"), 1, f"It is {text}."))) == 1


def test_an_allowed_word_passes_in_its_file_alone(project: Path) -> None:
    for name in ("one.py", "two.py"):
        (project / "kimi_tui" / name).write_text("chat = 1\n", encoding="utf-8")
    found = glossary.check(project, {("kimi_tui/one.py", "chat"): "a reason"})
    assert [finding.path for finding in found] == [Path("kimi_tui/two.py")]


def test_a_finding_makes_the_check_fail_and_is_printed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert glossary.main(project) == 0
    words(project, "chat = 1\n")
    assert glossary.main(project) == 1
    assert capsys.readouterr().out == "kimi_tui/module.py:1: `chat`: the glossary's word is `session`\n"
