"""The outline of a memo, and its text without citations."""

from kimi_tui.evidence.memo_outline import memo_outline, text_without_citations
from tests.evidence.test_memo_diff import checked

TEXT = """Revenues were $46,309 million in fiscal 2025 [S1 p.2].

## **Results** ##

The brand remains strong [S1 p.1], [S1 p.3]. Margins fell.

```
# not a heading
```

### Deeper

#hashtag is none
"""


def test_memo_outline_counts_statements_under_each_heading() -> None:
    found = [(one.level, one.title, one.statements, one.open_statements) for one in memo_outline(checked(TEXT))]
    assert found == [(1, "Acme", 1, 0), (2, "Results", 2, 2), (3, "Deeper", 1, 1)]


def test_memo_outline_of_a_memo_without_headings_or_words_is_empty() -> None:
    assert memo_outline(checked("", "")) == ()
    assert memo_outline(checked("#\n##  \n", " ")) == ()


def test_text_without_citations_leaves_no_marker_and_no_blank_before_it() -> None:
    bare = text_without_citations(checked(TEXT))
    assert bare.startswith("# Acme\n\nRevenues were $46,309 million in fiscal 2025.\n")
    assert "[S1" not in bare
    assert "The brand remains strong,. Margins" not in bare
