"""Arguments that are still being written are read as far as they go, wherever they break off."""

import json

from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.tui.partial_json import partial_string_value


@given(st.text(max_size=40), st.data())
def test_partial_string_value_any_cut_returns_prefix(text, data):
    whole = json.dumps({"title": 'a "b" \\', "memo": text})
    cut = data.draw(st.integers(0, len(whole)))
    read = partial_string_value(whole[:cut], "memo")
    assert text.encode("utf-16", "surrogatepass").startswith(read.encode("utf-16", "surrogatepass"))
    assert partial_string_value(whole, "memo") == text


def test_a_text_that_has_not_begun_is_empty():
    assert partial_string_value('{"title": "x", "me', "memo") == ""
    assert partial_string_value('{"memo": 5', "memo") == ""
