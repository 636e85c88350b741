"""Words in the index of a desk: found however they are written, and gone with their document."""

from pathlib import Path

import pytest

from tests.tools.indexes import searched


def test_all_places_of_an_answer_may_come_from_one_document(tmp_path: Path) -> None:
    documents = {"many.txt": ["nickel price"] * 30, "one.txt": ["of silver and gold"]}
    assert [path for path, _ in searched(tmp_path, documents, "nickel price", 12)] == ["many.txt"] * 12


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("昨年度の営業利益は増加した。", "利益"),
        ("公司的净利润同比增长。", "净利润"),
        ("กำไรสุทธิของบริษัทเพิ่มขึ้น", "สุทธิ"),
        ("매출은 증가했다", "매출"),
        ("Net sales were 1,234.5 million.", "1234.5"),
        ("Der Umsatz betrug 1.234,5 Millionen.", "1234.5"),
        ("Le chiffre d'affaires : 1\u202f234,50 M", "1,234.5"),
        ("Umsatz 12.345 Stück", "12345"),
        ("cost of $1,234.5m; a rise", "1234.5"),
        ("cost of 1.234,5Mio; a rise", "1,234.5"),
        ("Umsatz 12 345,67 Euro", "12345.67"),
        ("the na\u00efve caf\u00e9", "naive cafe"),
        ("\ufb01nancial o\ufb03ce", "financial office"),
        ("in der Stra\u00dfe", "strasse"),
        ("\uff11\uff12\uff13\uff14 units", "1234"),
    ],
)
def test_a_word_is_found_however_it_is_written(tmp_path: Path, text: str, query: str) -> None:
    documents = {"a.txt": [f"Before. {text} After."], "b.txt": ["Something else with 9,999.9 in it. 他の文書 อื่น"]}
    assert [path for path, _ in searched(tmp_path, documents, query)] == ["a.txt"]
