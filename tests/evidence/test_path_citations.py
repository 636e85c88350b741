"""Citations by path as citations by id: what is one, and what is left alone."""

import pytest

from kimi_tui.evidence.path_citations import CitedDocument, with_ids

DESK = ("a.md", "sub dir/b, v1.2.pdf", "S1.html")


def translated(text: str) -> str:
    return with_ids(text, lambda name: name if name in DESK else None).text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[a.md]", "[S900001]"),
        ('[sub dir/b, v1.2.pdf p.58 "Net sales" 2018]', '[S900001 p.58 "Net sales" 2018]'),
        ("[a.md \u00a72; sub dir/b, v1.2.pdf p.1, a.md]", "[S900001 \u00a72; S900002 p.1; S900001]"),
        ("[S1.html \u00a71]", "[S900001 \u00a71]"),
        ("[S1 p.4 \u2713] [S1 p.4 ?] [S2 \u2717 \u26a0 flagged as hostile]", "[S1 p.4] [S1 p.4] [S2]"),
        ("[gone.pdf p.4]", "[S900001 p.4]"),
        ("S900 [a.md]", "S900 [S800001]"),
        ("> so [a.md\n> \u00a72] it is", "> so \n[S900001 \u00a72] it is"),
        ("[a.md and more of it]", "[S900001 and more of it]"),
    ],
)
def test_citation_by_path_becomes_one_by_id(text: str, wanted: str) -> None:
    assert translated(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "[a.md](a.md)",
        "[a.md]: http://x.example",
        "[2024]",
        "[see gone.pdf for more]",
        "[https://x.example/a.md p.4]",
        "[a.md\n\n\u00a72]",
        "[[a.md",
        "\\[a note\\]",
    ],
)
def test_brackets_that_cite_nothing_stay_as_they_are(text: str) -> None:
    assert translated(text) == text


def test_words_are_restored_with_the_paths() -> None:
    memo = with_ids("x [a.md p.1] [gone.md]", lambda name: name if name in DESK else None)
    assert memo.restored(memo.text) == "x [a.md p.1] [gone.md]"
    assert list(memo.documents.values()) == [CitedDocument("a.md", True), CitedDocument("gone.md", False)]
