"""`check`: any Markdown memo against the documents that it cites by path."""

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from tests.cli.kit import Done, Finished, kimi, refused, serving

TABLE = """<html><body><h1>Acme</h1><p>(in millions of USD)</p><table>
<tr><td></td><td>2024</td><td>2023</td></tr>
<tr><td>Net sales</td><td>46,309</td><td>51,362</td></tr>
<tr><td>Operating income</td><td>3,702</td><td>6,311</td></tr>
<tr><td>Net income</td><td>3,219</td><td>5,700</td></tr>
</table></body></html>"""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A desk with subfolders and a path with blanks, dots and a comma."""
    folder = tmp_path / "desk"
    (folder / "reports" / "Q4, final").mkdir(parents=True)
    (folder / "reports" / "acme.html").write_text(TABLE)
    (folder / "reports" / "Q4, final" / "Acme Inc. v1.2 report.html").write_text(TABLE)
    (folder / unicodedata.normalize("NFD", "r\u00e9sum\u00e9.html")).write_text(TABLE)
    (folder / "S1.html").write_text(TABLE)
    (folder / "sales.csv").write_text("region,amount\nNorth,512\nSouth,734\n")
    (folder / "note.md").write_text("# Debt\n\nNet debt was low, said the board of Acme.\n")
    sections = "".join(f"<h2>Chapter {n}</h2><p>Words of chapter {n}, {n * 1111} of them.</p>" for n in range(1, 9))
    (folder / "long.html").write_text(TABLE.replace("</table>", f"</table>{sections}"))
    (folder / "broken.pdf").write_bytes(b"no PDF at all")
    return folder


def check(desk: Path, memo: str, *words: str) -> Done:
    """`check` of a memo with a data folder of the test's own."""
    path = desk.parent / "memo.md"
    path.write_bytes(memo.encode())
    home: dict[str, Any] = {"KIMI_TUI_HOME": str(desk.parent / "home"), "KIMI_TUI_CONFIG": ""}
    return kimi("check", str(path), "--desk", str(desk), *words, **home)


def statements(desk: Path, memo: str) -> list[dict[str, Any]]:
    done = check(desk, memo, "--json")
    assert done.returncode in (0, 4), done.stderr
    found = json.loads(done.stdout)
    assert set(found) == {"statements", "counts"}
    assert found["counts"]["statements"] == len(found["statements"])
    return list(found["statements"])


def test_check_with_a_true_figure_gives_its_cell(desk: Path) -> None:
    [one] = statements(desk, 'Net sales were $46,309 million in 2024 [reports/acme.html "Net sales" 2024].')
    assert set(one) == {"text", "line", "finding", "by", "places", "cells", "reason"}
    assert (one["finding"], one["by"], one["line"], one["reason"]) == ("supported", "cells", 1, "")
    assert one["places"] == [{"source": "reports/acme.html", "label": "", "row": "Net sales", "period": "2024"}]
    assert [(cell["source"], cell["text"], cell["row"]) for cell in one["cells"]] == [
        ("reports/acme.html", "46,309", "Net sales")
    ]
    assert one["text"].endswith('[reports/acme.html "Net sales" 2024].')


def test_check_with_a_wrong_figure_names_the_right_cell_and_exits_with_4(desk: Path) -> None:
    wrong = {
        'Net sales were $51,362 million in 2024 [reports/acme.html "Net sales" 2024].': "46,309",
        'Net sales were $3,702 million in 2024 [reports/acme.html "Net sales" 2024].': "46,309",
        'Net sales were $46,309 billion in 2024 [reports/acme.html "Net sales" 2024].': "another scale",
        "Net sales were $51,362 million in 2024 [reports/acme.html].": "46,309",
    }
    done = check(desk, "\n\n".join(wrong), "--json")
    found = json.loads(done.stdout)["statements"]
    assert done.returncode == 4
    assert [one["finding"] for one in found] == ["contradicted"] * 4
    assert all(words in one["reason"] for one, words in zip(found, wrong.values(), strict=True))
    assert "S9" not in done.stdout, "no number of ours is shown"


PATHS = [
    "reports/Q4, final/Acme Inc. v1.2 report.html",
    "./reports/Q4, final/Acme Inc. v1.2 report.html",
    "Acme Inc. v1.2 report.html",
    "REPORTS/q4, FINAL/acme inc. V1.2 report.HTML",
    "reports/Q4,%20final/Acme%20Inc.%20v1.2%20report.html",
    "r\u00e9sum\u00e9.html",
    unicodedata.normalize("NFD", "r\u00e9sum\u00e9.html"),
    "S1.html",
]
PLACES = [' "Net sales" 2024', ' \u00a71 "Net sales" 2024', ', \u00a71, "Net sales", 2024', " \u00a71", ""]


def test_check_with_any_spelling_of_a_path_finds_the_document(desk: Path) -> None:
    markers = [f"[{path}{place}]" for path in PATHS for place in PLACES]
    memo = "\n\n".join(f"Net sales were $46,309 million in 2024 {marker}." for marker in markers)
    found = statements(desk, memo)
    assert [one["text"] for one in found if one["finding"] != "supported"] == []
    assert len(found) == len(markers)


def test_check_with_rows_of_a_csv_file_compares_them(desk: Path) -> None:
    memo = "The amount in the region South was 734 [sales.csv row 2].\n\n"
    memo += "The amount in the North was 734 [sales.csv row 1]."
    assert [one["finding"] for one in statements(desk, memo)] == ["supported", "contradicted"]


def test_check_with_several_places_reads_each(desk: Path) -> None:
    markers = ("[note.md; sales.csv row 2]", "[note.md, sales.csv row 2]")
    found = statements(desk, "\n\n".join(f"The amount in the region South was 734 {marker}." for marker in markers))
    assert [one["finding"] for one in found] == ["supported"] * 2
    assert [[place["source"] for place in one["places"]] for one in found] == [["note.md", "sales.csv"]] * 2


def test_check_with_a_declared_row_needs_no_place_in_a_long_document(desk: Path) -> None:
    memo = "Net sales were $46,309 million in 2024 {}.\n\nThere were 4,444 words {}."
    declared, bare = statements(desk, memo.format('[long.html "Net sales" 2024]', "[long.html]"))
    assert declared["finding"] == "supported"
    assert (bare["finding"], "parts" in bare["reason"]) == ("unchecked", True)


def test_check_with_a_marker_over_two_lines_keeps_the_numbers_of_lines(desk: Path) -> None:
    memo = '# Memo\n\nNet sales were $46,309 million in 2024 [reports/acme.html\n"Net sales" 2024]. Net income was\n'
    memo += '$5,700 million in 2024 [reports/acme.html "Net\nincome" 2024].\n\n- Debt was low.\n'
    found = [(one["line"], one["finding"]) for one in statements(desk, memo)]
    assert found == [(3, "supported"), (4, "contradicted"), (8, "unchecked")]


def test_check_with_crlf_and_a_byte_order_mark_reads_the_same(desk: Path) -> None:
    memo = '\ufeff# Memo\r\n\r\nNet sales were $46,309 million\r\nin 2024 [reports/acme.html "Net sales" 2024].\r\n'
    assert [(one["line"], one["finding"]) for one in statements(desk, memo)] == [(3, "supported")]


def test_check_distinguishes_missing_from_unreadable_documents(desk: Path) -> None:
    memo = "Sales were $5 million [gone.html p.4].\n\nSales were $5 million [broken.pdf p.4].\n\n"
    memo += "Sales were $5 million [../desk/reports/acme.html].\n\nSales were $5 million [sales.csv row 9]."
    found = statements(desk, memo)
    assert [one["finding"] for one in found] == ["not found", "lookup failed", "not found", "not found"]
    assert found[0]["reason"] == "there is no gone.html on the desk"
    assert "broken.pdf cannot be read" in found[1]["reason"]
    assert check(desk, memo).returncode == 0, "nothing is contradicted"
    assert check(desk, memo, "--strict").returncode == 4


def test_check_leaves_links_and_other_brackets_alone(desk: Path) -> None:
    memo = (
        "See [the report.html](http://x.example/report.html) of [2024] and [a note].\n\n[acme.html]: http://x.example\n"
    )
    assert all(one["places"] == [] for one in statements(desk, memo))


def test_check_with_a_false_quote_is_not_found(desk: Path) -> None:
    true, false = statements(
        desk, '"Net debt was low, said the board" [note.md].\n\n"Net debt was high, said the board" [note.md].'
    )
    assert (true["finding"], true["by"]) == ("supported", "quote")
    assert false["finding"] == "not found"


def test_check_in_words_fits_80_columns_and_counts(desk: Path) -> None:
    memo = "Net sales were $46,309 million in 2024, in the year of which the board and all its friends speak so well "
    memo += '[reports/acme.html "Net sales" 2024].\n\nNet income was $5,700 million in 2024 '
    memo += '[reports/acme.html "Net income" 2024].\n\nThe board is glad.\n'
    done = check(desk, memo)
    lines = done.stdout.splitlines()
    assert done.returncode == 4
    assert max(map(len, lines)) <= 80
    assert lines[0].split() == ["line", "finding", "statement"]
    assert any(line.split()[:2] == ["3", "contradicted"] for line in lines)
    assert "-> by cells: 46,309 (Net sales" in done.stdout
    assert lines[-1] == "3 statements: 1 supported, 1 contradicted, 1 unchecked; 1 without a source"


def test_check_with_a_session_reads_its_ids(finished: Finished, tmp_path: Path) -> None:
    memo = tmp_path / "memo.md"
    memo.write_text("It is 77 [S1 result].\n\nIt is 5 [S7 p.1].\n")
    done = finished.kimi("check", str(memo), "--session", finished.id, "--json", KIMI_TUI_CONFIG="")
    assert done.returncode == 0, done.stderr
    first, second = json.loads(done.stdout)["statements"]
    assert (first["finding"], first["places"][0]["source"]) == ("not found", "S1")
    assert "is not the result of [S1 result]" in first["reason"]
    assert (second["finding"], "no source S7" in second["reason"]) == ("not found", True)


def test_check_used_wrongly_says_what_to_do(desk: Path, tmp_path: Path) -> None:
    home: dict[str, Any] = {"KIMI_TUI_HOME": str(tmp_path / "home"), "KIMI_TUI_CONFIG": "", "KIMI_TUI_DESK": ""}
    memo = tmp_path / "memo.md"
    memo.write_text("Words.\n")
    refused(kimi("check", str(memo), **home), 2, "--desk")
    refused(kimi("check", **home), 2, "MEMO.md")
    refused(kimi("check", str(tmp_path / "no.md"), "--desk", str(desk), **home), 1, "cannot be read")
    refused(kimi("check", str(tmp_path), "--desk", str(desk), **home), 1, "cannot be read")
    refused(kimi("check", str(memo), "--session", "nothing", **home), 1, "nothing")
    refused(kimi("check", str(memo), "--desk", str(desk / "nowhere"), **home), 2, "no desk folder")
    memo.write_bytes(b"\0\1\2\3binary")
    refused(kimi("check", str(memo), "--desk", str(desk), **home), 1, "is no text")


def judge_script(tmp_path: Path, verdict: str, words: str) -> Path:
    """A script of a judge that always says the same."""
    script = tmp_path / "judge.json"
    script.write_text(json.dumps({"end": {"text": json.dumps({"verdict": verdict, "words": words})}}))
    return script


@pytest.mark.parametrize(
    ("verdict", "words", "finding", "code"),
    [
        ("supported", "Net debt was low", "supported", 0),
        ("contradicted", "Net debt was low", "contradicted", 4),
        ("supported", "the debt is a small one", "unchecked", 0),
    ],
)
def test_check_with_a_judge_counts_what_it_judged(
    desk: Path, tmp_path: Path, verdict: str, words: str, finding: str, code: int
) -> None:
    memo = "The board is content with what it owes [note.md]."
    with serving(judge_script(tmp_path, verdict, words)) as base_url:
        done = check(desk, memo, "--judge", "--base-url", base_url, "--model", "scripted", "--json")
        shown = check(desk, memo, "--judge", "--base-url", base_url, "--model", "scripted")

    assert done.returncode == code, done.stderr
    found = json.loads(done.stdout)
    [one] = found["statements"]
    assert (one["finding"], one["by"]) == (finding, "judge" if finding != "unchecked" else "")
    assert found["counts"]["judged"] == (finding != "unchecked")
    assert ("a model's judgement" in shown.stdout) is (finding != "unchecked")
    assert "note.md" in shown.stdout


def test_check_with_a_judge_and_no_model_says_what_to_do(desk: Path) -> None:
    refused(check(desk, "A word [note.md].", "--judge"), 2, "no model to judge with", "--base-url")
