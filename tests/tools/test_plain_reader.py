"""Text, Markdown, CSV and JSON bytes as parts."""

import pytest

from kimi_tui.tools.text.encodings import decode_text
from kimi_tui.tools.text.plain_reader import read_json, read_table, read_text
from kimi_tui.tools.workers.child import RefusalError
from tests.tools.readings import whole


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_text_is_decoded(encoding: str) -> None:
    assert decode_text("Umsatz für Öl: 3 €".encode(encoding)).text == "Umsatz für Öl: 3 €"


def test_plain_text_has_blocks_and_no_headings() -> None:
    read = read_text(b"# not a heading\n\ntext", headings=False)
    assert [(part.label, part.title, part.text) for part in read.parts] == [("§1", "", "# not a heading\n\ntext")]


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(RefusalError, match="not text"):
        read_text(bytes(range(256)) * 10, headings=False)


def test_json_on_one_line_is_laid_out() -> None:
    read = read_json(b'{"rows": [' + b",".join(b'{"revenue": %d}' % n for n in range(2000)) + b"]}")
    assert '"revenue": 1999' in whole(read)
    assert len(read.parts) > 5


@pytest.mark.parametrize("rows", [1, 49, 50, 51, 120, 1000])
def test_every_row_of_a_table_has_its_number(rows: int) -> None:
    text = "quarter,revenue\n" + "".join(f"Q{n},{n * 100}\n" for n in range(1, rows + 1))
    read = read_table(text.encode())
    lines = [line for part in read.parts for line in part.text.split("\n") if not line.startswith("header")]
    assert lines == [f"row {n}: Q{n} | {n * 100}" for n in range(1, rows + 1)]
    assert all(part.text.startswith("header: quarter | revenue\n") for part in read.parts)
    assert read.parts[-1].label == f"rows {(rows - 1) // 50 * 50 + 1}-{rows}"


@pytest.mark.parametrize(
    "text",
    [
        "name,amount\nA,1\nB,2\n",
        "name;amount\r\nA;1\r\nB;2\r\n",
        "name\tamount\nA\t1\nB\t2",
        "name|amount\nA|1\nB|2",
        '"name","amount"\n"A",1\n\n\n"B",2\n',
        "name;amount\nA;1\nB;2\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_the_delimiter_of_a_table_is_found(text: str, encoding: str) -> None:
    assert read_table(text.encode(encoding)).parts[0].text == "header: name | amount\nrow 1: A | 1\nrow 2: B | 2"


def test_decimal_commas_do_not_mislead_the_delimiter() -> None:
    read = read_table(b"Umsatz;Marge\n1,5;2,25\n3,5;4,75\n")
    assert read.parts[0].text.split("\n")[2] == "row 2: 3,5 | 4,75"


def test_a_cell_with_line_breaks_stays_on_its_row() -> None:
    assert read_table(b'a,b\n"two\nlines",1\nx,2\n').parts[0].text.split("\n")[1] == "row 1: two lines | 1"


def test_a_table_over_the_cap_says_where_it_was_cut() -> None:
    wide = "x" * 9_000
    data = ("a,b\n" + f"{wide},{wide}\n" * 1000).encode()
    read = read_table(data)
    assert len(read.parts) * 50 < 1000
    assert read.notes[0].startswith(f"Cut before rows {len(read.parts) * 50 + 1}-")
    assert "Query the file as a database" in read.notes[1]


def test_a_table_with_only_a_header_is_kept() -> None:
    assert read_table(b"a,b\n").parts[0].text == "header: a | b"
