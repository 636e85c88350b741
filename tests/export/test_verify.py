"""Exports: what they hold, that nothing in them acts, and that verification finds what was changed afterwards."""

import hashlib
import json
import random
import re
import sqlite3
import zlib
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kimi_tui.events import AnyEvent, QuestionAsked, StatementDecided, StatementJudged, StepStarted, TurnFinished
from kimi_tui.evidence.judge_questions import find_judge_questions
from kimi_tui.evidence.judged_memo import apply_judgements
from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.evidence.memo_printing import LEGEND
from kimi_tui.export.file_writer import SUFFIXES, export_content, write_export
from kimi_tui.export.memo_files import TRAILER, format_memo_markdown
from kimi_tui.export.recording import Recording, read_recording
from kimi_tui.export.verify import (
    session_of_memo,
    verify_lines,
    verify_memo_file,
    verify_record,
    verify_session,
)
from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.writer import JournalWriter
from kimi_tui.projections.state import SessionState
from kimi_tui.session import ExportFormat, SessionError, VerificationCheck
from tests.story import PAGE, SESSION, add_source, keep_cells, write_story


def failing(checks: list[VerificationCheck]) -> list[str]:
    return [one.name for one in checks if not one.passed]


def finish(journal: JournalWriter, title: str, text: str) -> None:
    """End a second turn with a memo."""
    memo: dict[str, Any] = {"kind": "memo"} | msgspec.to_builtins(check_memo(title, text, journal.sources))
    journal.append([QuestionAsked("And <b>then</b>?"), TurnFinished("answered", memo)], turn=2, step=3)


def test_memo_file_states_origin(reader: JournalReader) -> None:
    memo = format_memo_markdown(read_recording(reader))
    last = list(reader.entries())[-1]
    assert memo == (
        "# Revenue\n\n"
        'Revenue was EUR 512.7 million: "Revenue rose by 5.2% to EUR 512.7 million" [S1 p.2 ✓]. ☑ alice\n'
        "\n## Decisions of people\n\n"
        '- ☑ alice accepted “Revenue was EUR 512.7 million: "Revenue rose by 5.2% to EUR 512.7 million" '
        "\\[S1 p.2\\].” on 2026-11-03 10:01 UTC (the check: supported): I read page 2.\n"
        "\n## Sources\n\n"
        "- S1: Annual report 2024 — `filings/annual-report-2024.pdf` (retrieved 2026-11-03 10:00 UTC, "
        f"SHA-256 {hashlib.sha256(PAGE).hexdigest()[:16]})\n"
        "\n## Record of this memo\n\n"
        "- Question: What was revenue?\n"
        "- Model: kimi-k2; 3 steps, 5 tool calls, 660 tokens\n"
        "- Checked: 1 statement: 1 accepted by a person\n"
        "- Left the session: 1 call to a.example (1 call, 19 characters sent, 2,048 bytes received)\n"
        f"- Marks: {LEGEND}\n"
        f"- Session {SESSION}, finished 2026-11-03 10:01 UTC\n"
        f"\n<!-- kimi-tui session={SESSION} entry={last.seq} digest={last.digest} -->\n"
    )


def test_a_memo_names_the_question_that_it_answers(journal: JournalWriter, reader: JournalReader) -> None:
    journal.append([QuestionAsked("Another question?")], turn=2, step=3)
    assert "- Question: What was revenue?\n" in format_memo_markdown(read_recording(reader))


def test_a_partial_memo_and_the_embedded_model_are_called_so(tmp_path: Path) -> None:
    with closing(write_story(tmp_path / "partial")) as journal:
        with closing(JournalReader(journal.path)) as reader:
            opened = next(entry.event for entry in reader.entries())
        memo = msgspec.to_builtins(check_memo("", "Nothing [S9].", journal.sources))
        embedded = msgspec.structs.replace(opened, model="extractive-researcher")
        journal.append([embedded, QuestionAsked("q"), TurnFinished("budget", memo)], turn=2, step=3)
        with closing(JournalReader(journal.path)) as reader:
            printed = format_memo_markdown(read_recording(reader))
    assert "the embedded extractive researcher, which is not a neural model" in printed
    assert ", **partial**" in printed
    assert "1 statement: 1 not found" in printed


class Page(HTMLParser):
    """Everything in a page that could act."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: dict[str, str | None] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= dict(attrs)


def test_memo_page_is_self_contained_and_inert(journal: JournalWriter, reader: JournalReader) -> None:
    hostile = (
        "<script>alert(1)</script> [x](http://evil.example) ![x](http://evil.example) <img src=x onerror=y>\n\n"
        "[S1 p.1]: http://evil.example\n\n[S1 p.1](javascript:x) http://evil.example </style></title>"
    )
    finish(journal, "</title><script>alert(1)</script>\x1b[2J", hostile)
    text = export_content(reader, "html").decode()
    page = Page(text)
    assert not {"script", "img", "link", "iframe", "form", "base", "svg", "object"} & set(page.tags)
    assert set(page.attributes) <= {"lang", "charset", "http-equiv", "content", "class", "id", "href"}
    assert all(re.fullmatch(r"#cite-\d", where) for where in re.findall(r'href="([^"]*)"', text))
    assert page.attributes["content"] == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert page.tags.count("title") == page.tags.count("style") == page.tags.count("meta") - 1 == 1
    assert "\x1b" not in text
    assert "kimi-tui session=" not in text


def test_every_format_is_written_under_a_name_of_its_own(
    reader: JournalReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path / "out")
    formats: list[ExportFormat] = ["md", "html", "bundle", "jsonl"]
    for kind in formats:
        path = write_export(reader, kind, None)
        assert path == tmp_path / "out" / f"{SESSION}{SUFFIXES[kind]}"
        assert path.read_bytes() == export_content(reader, kind)
        assert write_export(reader, kind, tmp_path / "out" / kind).read_bytes() == path.read_bytes()
    assert len(list((tmp_path / "out").iterdir())) == 8


def test_an_export_that_cannot_be_written_leaves_nothing_behind(reader: JournalReader, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "folder").mkdir()
    for target in (tmp_path / "file" / "memo.md", tmp_path / "folder", tmp_path / "none" / "memo.md"):
        with pytest.raises(SessionError, match="cannot write"):
            write_export(reader, "md", target)
    assert list((tmp_path / "folder").iterdir()) == []
    assert not [path for path in tmp_path.iterdir() if "partial" in path.name]


def test_without_a_memo_only_the_journal_is_exported(tmp_path: Path) -> None:
    with closing(JournalWriter(tmp_path, "s")) as journal:
        journal.append([QuestionAsked("q")], turn=1, step=0)
        with closing(JournalReader(journal.path)) as reader:
            needy: list[ExportFormat] = ["md", "html", "bundle"]
            for kind in needy:
                with pytest.raises(SessionError, match="has no memo yet; `kimi-tui resume s`"):
                    export_content(reader, kind)
            assert len(export_content(reader, "jsonl").splitlines()) == 1
            assert failing(verify_session(reader)) == []
            journal.append([TurnFinished("answered", {"title": 3})], turn=1, step=0)
            with pytest.raises(SessionError, match="damaged"):
                export_content(reader, "md")
            assert failing(verify_session(reader)) == ["citations"]


def test_a_whole_session_verifies(reader: JournalReader) -> None:
    assert [(one.name, one.passed) for one in verify_session(reader)] == [
        (name, True) for name in ("chain", "context", "sources", "citations", "judge", "decisions", "file")
    ]


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ("update entries set body = replace(body, 'revenue', 'profit') where seq = 2", "chain"),
        ("delete from entries where seq > 20", "chain"),
        ("update parts set text = replace(text, '512.7', '999.9')", "sources"),
        ("update parts set label = 'p.7' where label = 'p.2'", "sources"),
        ("delete from parts", "sources"),
        ("delete from sources", "sources"),
        ("delete from blobs", "sources"),
        ("update blobs set data = x'00'", "sources"),
        ("update sources set ref = replace(ref, 'Annual', 'Monthly')", "sources"),
        ("update sources set ref = '{'", "sources"),
        ("update sources set address = 'elsewhere'", "sources"),
        ("update sources set digest = '00'", "sources"),
    ],
)
def test_verify_memo_file_changed_text_fails(journal: JournalWriter, change: str, name: str) -> None:
    with closing(sqlite3.connect(journal.path, isolation_level=None)) as connection:
        connection.execute(change)
    with closing(JournalReader(journal.path)) as reader:
        assert failing(verify_session(reader))[0] == name


def test_other_bytes_under_a_digest_are_found(journal: JournalWriter) -> None:
    with closing(sqlite3.connect(journal.path, isolation_level=None)) as connection:
        connection.execute("update blobs set data = ?", (zlib.compress(b"other bytes"),))
    with closing(JournalReader(journal.path)) as reader:
        assert failing(verify_session(reader)) == ["sources"]


@pytest.mark.parametrize(
    "change",
    ["delete from blobs where digest = ?", "update blobs set data = x'00' where digest = ?"],
)
def test_cells_that_were_changed_or_removed_are_found(journal: JournalWriter, change: str) -> None:
    ref = keep_cells(journal)
    with closing(JournalReader(journal.path)) as reader:
        assert failing(verify_session(reader)) == []
    with closing(sqlite3.connect(journal.path, isolation_level=None)) as connection:
        connection.execute(change, (ref.cells_digest,))
    with closing(JournalReader(journal.path)) as reader:
        assert failing(verify_session(reader)) == ["sources"]


def test_a_count_of_cells_that_was_changed_is_found(journal: JournalWriter) -> None:
    keep_cells(journal)
    with closing(sqlite3.connect(journal.path, isolation_level=None)) as connection:
        connection.execute("""update sources set ref = replace(ref, '"cells":1', '"cells":2')""")
    with closing(JournalReader(journal.path)) as reader:
        assert failing(verify_session(reader)) == ["sources"]


def test_a_memo_that_was_recorded_as_supported_is_not_believed(journal: JournalWriter, reader: JournalReader) -> None:
    claimed = msgspec.to_builtins(check_memo("T", "It is 512.7 [S1 p.2].", journal.sources))
    lie = claimed | {"text": claimed["text"].replace("512.7", "999.9")}
    journal.append([QuestionAsked("q"), TurnFinished("answered", lie)], turn=2, step=3)
    [failed] = [one for one in verify_session(reader) if not one.passed]
    assert failed.name == "citations"
    assert "the figure 999.9 is not there" in failed.detail


def test_a_memo_that_cites_nothing_does_not_verify(journal: JournalWriter, reader: JournalReader) -> None:
    finish(journal, "T", "Nothing to see.")
    assert failing(verify_session(reader)) == ["citations"]


def test_a_prompt_that_was_not_the_one_recorded_is_found(tmp_path: Path) -> None:
    with closing(write_story(tmp_path)) as journal:
        journal.append([StepStarted(4, "0" * 64, 9)], turn=1, step=4)
        with closing(JournalReader(journal.path)) as reader:
            [failed] = [one for one in verify_session(reader) if not one.passed]
    assert failed == VerificationCheck("context", False, "what was sent in step 4 is not what the journal gives")


def test_a_memo_file_verifies_until_a_word_of_it_is_changed(reader: JournalReader, tmp_path: Path) -> None:
    path = write_export(reader, "md", tmp_path / "memo.md")
    session, text = session_of_memo(path)
    assert session == SESSION
    assert failing(verify_memo_file(text, reader)) == []
    assert failing(verify_memo_file(text.replace("\n", "\r\n") + "\n", reader)) == []
    for changed in (text.replace("512.7", "512.8"), text + "more", text.replace("[S1 p.2", "[S1 p.1"), text[1:]):
        assert failing(verify_memo_file(changed, reader)) == ["memo file"]
    assert failing(verify_memo_file(TRAILER.sub("", text), reader)) == ["memo file"]


def test_a_memo_file_verifies_when_the_session_went_on(journal: JournalWriter, reader: JournalReader) -> None:
    text = format_memo_markdown(read_recording(reader))
    finish(journal, "Another", "It makes heat pumps [S1 p.1].")
    assert failing(verify_memo_file(text, reader)) == []
    later = format_memo_markdown(read_recording(reader))
    assert failing(verify_memo_file(later, reader)) == []
    last = list(reader.entries())[-1]
    for seq, digest in ((last.seq, "0" * 64), (1, last.digest), (10**9, last.digest), (2, last.digest)):
        trailer = f"<!-- kimi-tui session={SESSION} entry={seq} digest={digest} -->"
        assert failing(verify_memo_file(TRAILER.sub(trailer, text), reader)) == ["memo file"]
    first = next(reader.entries())
    early = f"<!-- kimi-tui session={SESSION} entry=1 digest={first.digest} -->"
    assert failing(verify_memo_file(TRAILER.sub(early, text), reader)) == ["memo file"]


def test_verify_memo_file_foreign_file_fails(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# Other")
    with pytest.raises(SessionError, match="neither a session, a journal nor a memo"):
        session_of_memo(tmp_path / "other.md")
    with pytest.raises(SessionError, match="cannot be read"):
        session_of_memo(tmp_path)


def test_exported_lines_verify_and_any_changed_character_is_found(reader: JournalReader) -> None:
    text = export_content(reader, "jsonl").decode()
    assert failing(verify_lines(text)) == []
    chance = random.Random(2)
    for _ in range(1500):
        at = chance.randrange(len(text) - 1)
        sign = chance.choice([sign for sign in 'a0" ,{}\\\n' if sign != text[at]])
        changed = text[:at] + sign + text[at + 1 :]
        assert failing(verify_lines(changed)) == ["chain"], (at, sign, text[max(at - 20, 0) : at + 20])


def test_lines_that_are_missing_moved_or_foreign_are_found(reader: JournalReader) -> None:
    lines = export_content(reader, "jsonl").decode().splitlines()
    for number in range(len(lines) - 1):
        assert failing(verify_lines("\n".join(lines[:number] + lines[number + 1 :]))) == ["chain"]
        swapped = [*lines[:number], lines[number + 1], lines[number], *lines[number + 2 :]]
        assert failing(verify_lines("\n".join(swapped))) == ["chain"]
        assert failing(verify_lines("\n".join([*lines[:number], lines[0], *lines[number:]]))) == ["chain"]
    for foreign in ("", "\n", "[]", "{}", "null", "x", "[" * 100_000, '{"digest":1}', "1"):
        assert failing(verify_lines(foreign)) == ["chain"]
    extra = json.dumps(json.loads(lines[0]) | {"extra": 1}, sort_keys=True, separators=(",", ":"))
    assert failing(verify_lines(extra)) == ["chain"]


def test_verify_judged_statement_without_its_judgement_fails(tmp_path: Path) -> None:
    prose = "Business went well that year [S1 p.2]."
    with closing(JournalWriter(tmp_path / "judged", "judged")) as journal:
        add_source(journal)
        memo = check_memo("T", prose, journal.sources)
        [asked] = find_judge_questions(memo, journal.sources).questions
        words = ("Revenue rose by 5.2%",) * 2
        judgement = StatementJudged(asked.sentence, asked.material, "supported", words, "", "kimi-k2", ("{}", "{}"))
        invented = msgspec.structs.replace(judgement, words=("Business went well",) * 2)
        judged = msgspec.to_builtins(apply_judgements(memo, journal.sources, {asked.material: judgement}))
        for recorded, passes in ((judgement, True), (invented, False), (None, False)):
            state = Recording((), SessionState().main)
            events: list[AnyEvent] = [recorded] if recorded else []
            entries = journal.append([*events, TurnFinished("answered", {"kind": "memo"} | judged)], turn=1, step=1)
            for entry in entries:
                state.state.apply(entry)
            checks = {check.name: check for check in verify_record(state, journal.sources)}
            assert checks["judge"].passed is passes, checks["judge"]


def test_decision_is_exported_and_verified_and_fails_no_check(journal: JournalWriter, reader: JournalReader) -> None:
    assert "\u2611 alice accepted" in format_memo_markdown(read_recording(reader))
    checks = {check.name: check for check in verify_session(reader)}
    assert checks["decisions"].passed
    assert checks["decisions"].detail == "1 recorded, by alice"
    assert "1 accepted by a person" in checks["citations"].detail


def test_decision_never_makes_a_failed_citation_pass(journal: JournalWriter, reader: JournalReader) -> None:
    finish(journal, "Revenue", 'Revenue was EUR 999.9 million: "Revenue fell by half in one year" [S1 p.2].')
    last = read_recording(reader).entries[-1].seq
    journal.append([StatementDecided(last, 0, "accept", "alice", "I trust it.")], turn=1, step=3)
    checks = {check.name: check for check in verify_session(reader)}
    assert not checks["citations"].passed
    assert checks["citations"].detail.endswith("(alice accepted it)")


@pytest.mark.parametrize("statement", [-1, 1, 99])
def test_decision_on_a_statement_that_is_not_there_does_not_verify(
    journal: JournalWriter, reader: JournalReader, statement: int
) -> None:
    last = next(e.seq for e in read_recording(reader).entries if isinstance(e.event, TurnFinished))
    journal.append([StatementDecided(last, statement, "accept", "alice", "yes")], turn=1, step=3)
    assert failing(verify_session(reader)) == ["decisions"]
