"""Questions as queries of the index: nothing of them reaches the query language."""

from kimi_tui.tools.desk.search_query import MAX_TERMS, match_all_terms, split_terms


def test_terms_are_words_and_phrases_without_common_ones() -> None:
    assert split_terms('What was the "operating margin" of Meridian\'s 10-K (2024)?') == [
        "operating margin",
        "Meridian's",
        "10-K",
        "2024",
    ]
    assert split_terms("what is it") == ["what", "is", "it"]
    assert split_terms("“curly phrase” x X") == ["curly phrase", "x"]
    assert len(split_terms(" ".join(map(str, range(1000))))) == MAX_TERMS
    assert match_all_terms(split_terms('say "x" b"c')) == '"say" AND "x" AND "b c"'
