"""Refusals that no waiting changes, by their words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.providers.permanent_refusals import permanent_kind
from tests.providers.refusals import LASTING, PASSING


@pytest.mark.parametrize(("status", "said", "kind"), [one for one in LASTING if one[1]])
def test_permanent_kind_of_words_that_last(status: int, said: str, kind: str) -> None:
    assert permanent_kind(status, said, None) == kind
    assert permanent_kind(status, said.upper(), None) == kind


@pytest.mark.parametrize(("status", "said", "kind"), PASSING)
def test_permanent_kind_of_words_that_pass_is_none(status: int, said: str, kind: str) -> None:
    assert permanent_kind(status, said, None) is None


@pytest.mark.parametrize(
    ("status", "said", "wait", "kind"),
    [
        (402, "", None, "quota"),
        (402, "", 5.0, "quota"),
        (200, "", None, None),
        (0, "", None, None),
        (429, "daily quota exceeded", None, "quota"),
        (429, "daily quota exceeded", 28800.0, None),
        (429, "insufficient balance", 5.0, "quota"),
        (429, "The API key has been revoked", None, None),
        (503, "The API key has been revoked", None, None),
        (503, "the model has been retired", None, None),
        (400, "quota " + "x" * 100 + " exceeded", None, None),
    ],
)
def test_permanent_kind_by_status_and_wait(status: int, said: str, wait: float | None, kind: str | None) -> None:
    assert permanent_kind(status, said, wait) == kind


@given(
    st.lists(st.sampled_from(["quota ", "exceeded ", "account ", "model ", "api key ", "x" * 50, ". "]), max_size=40)
)
def test_permanent_kind_of_any_words_takes_a_moment(said: list[str]) -> None:
    assert permanent_kind(400, "".join(said) * 10, None) in (None, "quota", "unauthorized", "unknown-model")
