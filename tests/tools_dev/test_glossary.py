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
    ("source", "line", "word"),
    [
        ("told = 1", 1, "told"),
        ("def mend_reply(): ...", 1, "mend"),
        ("class TwinCall: ...", 1, "twin"),
        ("def work(*, told: str): ...", 1, "told"),
        ("x = 1\n_MOST_PAGES = 3", 2, "_MOST_PAGES"),
        ("LONGEST_LINE = 80", 1, "LONGEST_LINE"),
        ("LEAST: int = 1", 1, "LEAST"),
        ("def test_page_stands_there(): ...", 1, "stands"),
        ("def test_text_is_kept_as_it_is(): ...", 1, "as_it_is"),
        ("goes_on = True", 1, "goes_on"),
        ('"""What came back."""', 1, "What"),
        ('def work():\n    """Whoever waits is woken."""', 1, "Whoever"),
        ('class Reply:\n    """A reply that was mended."""', 1, "mended"),
        ('def work():\n    """Run the tool; what failed is\n    told. More."""', 1, "told"),
        ('async def work():\n    """Drop tries that were thrown away."""', 1, "thrown away"),
        ('def is_full():\n    """Whether it is full."""', 1, "Whether"),
        ('"""Where a name stands."""', 1, "stands"),
        ('"""A worker that ends by itself."""', 1, "by itself"),
        ('def send():\n    """Send the text as it is."""', 1, "as it is"),
    ],
)
def test_retired_word_in_name_or_first_sentence_is_found(project: Path, source: str, line: int, word: str) -> None:
    found = [(line, word) for line, word, _ in words(project, source)]
    assert (line, word) in found


def test_retired_word_in_module_name_is_found(project: Path) -> None:
    (project / "kimi_tui" / "told_limits.py").write_text("", encoding="utf-8")
    assert [finding.word for finding in glossary.check(project)] == ["told"]


@pytest.mark.parametrize(("place", "found"), [("tui", [(1, "stands")]), ("cli", [(1, "stands")]), ("engine", [])])
def test_retired_word_in_message_is_found_where_people_read(
    project: Path, place: str, found: list[tuple[int, str]]
) -> None:
    (project / "kimi_tui" / place).mkdir()
    source = 'text = f"{name} stands in the line"\nkind = "told"\n"""What was told."""\n'
    (project / "kimi_tui" / place / "module.py").write_text(source, encoding="utf-8")
    assert [(finding.line, finding.word) for finding in glossary.check(project)] == found


def test_retired_word_has_no_exceptions(project: Path) -> None:
    (project / "kimi_tui" / "one.py").write_text("told = 1\n", encoding="utf-8")
    found = glossary.check(project, {("kimi_tui/one.py", "told"): "a reason"})
    assert [finding.word for finding in found] == ["told"]


@pytest.mark.parametrize(
    "source",
    [
        "untold = atold = 1",
        "almost = 1",
        "most_common = 1",
        "print(told)",
        '"""Return what came back."""',
        '"""Return whether it is full, as far as it is known, as soon as it is."""',
        '"""Rules of long standing, which understand a standard."""',
        '"""Fix it. What was told comes later."""',
        'x = """What was told."""',
        "recommend = amend = 1",
        "stand_out = as_it_isnt = 1",
    ],
)
def test_word_that_only_resembles_a_retired_one_passes(project: Path, source: str) -> None:
    assert words(project, source) == []


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


@pytest.mark.parametrize("folder", ["tests", "tools"])
def test_check_retired_name_in_tests_or_tools_is_found(project: Path, folder: str) -> None:
    (project / folder).mkdir()
    (project / folder / "module.py").write_text("def test_error_is_told(): ...\n\n\nchat = 1\n", encoding="utf-8")
    found = glossary.check(project)
    assert [(finding.path.parts[0], finding.word) for finding in found] == [(folder, "told")]


@pytest.mark.parametrize("folder", ["tests", "tools"])
def test_check_retired_first_sentence_in_tests_or_tools_is_found(project: Path, folder: str) -> None:
    (project / folder).mkdir()
    source = '"""What is in a page. It was told."""\n\ndef test_it():\n    """Return it. Whoever waits."""\n'
    (project / folder / "module.py").write_text(source, encoding="utf-8")
    assert [(finding.line, finding.word) for finding in glossary.check(project)] == [(1, "What")]


def test_a_finding_makes_the_check_fail_and_is_printed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert glossary.main(project) == 0
    words(project, "chat = 1\n")
    assert glossary.main(project) == 1
    assert capsys.readouterr().out == "kimi_tui/module.py:1: `chat`: write `session`\n"
