"""The words for changes of the context, and when the model is asked for a checkpoint."""

from typing import Any

import pytest

from kimi_tui.events import (
    AnyEvent,
    CompactionProposed,
    ContextCompacted,
    Entry,
    ObservationRestored,
    SteerReceived,
    TurnFinished,
    Usage,
)
from kimi_tui.projections.compactions import MAX_FAILURES, Compactions, compaction_detail, compaction_line

AT = "2026-11-03T09:00:00.000Z"


def compactions_after(*events: AnyEvent) -> Compactions:
    found = Compactions()
    for number, event in enumerate(events, 1):
        found.apply(Entry("s", number, AT, "main", 1, number, event, ""))
    return found


def proposal(**fields: Any) -> CompactionProposed:
    given: dict[str, Any] = {"kind": "fold", "hidden": (), "through": 4} | fields
    return CompactionProposed(**given)


def fold(author: str = "model", **fields: Any) -> ContextCompacted:
    given: dict[str, Any] = {"kind": "fold", "hidden": (), "through": 4, "author": author} | fields
    return ContextCompacted(**given)


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (ObservationRestored("c1"), "c1 brought back into the context by person"),
        (proposal(ask=True), "The context is nearly full: the steps up to 4 are to leave it, and you are asked first"),
        (
            proposal(kind="hide", through=0, ask=True, hidden=("c1",)),
            "The context is nearly full: 1 observation is to leave it, and you are asked first",
        ),
        (
            proposal(kind="hide", through=0, ask=True, hidden=("c1", "c2")),
            "The context is nearly full: 2 observations are to leave it, and you are asked first",
        ),
        (
            proposal(ask=True, hidden=("c1",)),
            "The context is nearly full: the steps up to 4 and 1 observation are to leave it, and you are asked first",
        ),
        (proposal(usage=Usage(5)), "The writing of the checkpoint was interrupted"),
        (proposal(order="Write."), "A checkpoint of the steps up to 4 is being written"),
        (ContextCompacted(kind="hide", hidden=("c1",)), "1 observation hidden from the context"),
        (ContextCompacted(kind="hide", hidden=("c1", "c2")), "2 observations hidden from the context"),
        (fold(), "Steps up to 4 folded into a checkpoint, written by the model"),
        (fold("journal"), "Steps up to 4 folded into a checkpoint, written from the journal"),
    ],
)
def test_compaction_line_says_what_happened(event: Any, line: str) -> None:
    assert compaction_line(event) == line


def test_compaction_detail_has_figures_reason_and_text() -> None:
    event = fold("journal", before=9_000, after=2_000, problem="no JSON", summary="Findings: none.")
    assert compaction_detail(event) == (
        "about 9,000 tokens before, 2,000 after\n\nthe model did not write it: no JSON\n\nFindings: none."
    )
    assert compaction_detail(proposal(before=9_000, after=2_000)) == "about 9,000 tokens before, 2,000 after"
    assert "the panel of the context" in compaction_detail(proposal(before=9_000, after=2_000, ask=True))
    assert compaction_detail(proposal()) == ""


def test_compactions_count_both_kinds_and_keep_orders_of_the_person() -> None:
    found = compactions_after(
        SteerReceived("only 2024"), SteerReceived("engine's", by="engine"),
        ContextCompacted(kind="hide", hidden=("c1",)), fold(checkpoint={"findings": []}),
    )  # fmt: skip
    assert (found.hidings, found.foldings, found.through) == (1, 1, 4)
    assert found.orders == ["only 2024"]
    assert found.checkpoint == {"findings": []}


def test_compactions_waiting_is_a_proposal_that_asks_until_the_turn_ends() -> None:
    asking = proposal(ask=True)
    assert compactions_after(asking).waiting is asking
    assert compactions_after(proposal()).waiting is None
    assert compactions_after(asking, TurnFinished("stopped", None, "")).waiting is None


def test_compactions_model_that_failed_in_a_row_is_asked_more_rarely() -> None:
    failure = (proposal(order="Write."), fold("journal", problem="no JSON"))
    spared = fold("journal", problem="not asked")
    failed = failure * MAX_FAILURES
    assert not compactions_after(*failure * (MAX_FAILURES - 1)).skips_model
    assert compactions_after(*failed).skips_model
    assert not compactions_after(*failed, spared).skips_model
    assert compactions_after(*failed, spared, *failure, spared).skips_model
    assert not compactions_after(*failed, spared, *failure, spared, spared).skips_model
    assert not compactions_after(*failed, fold()).skips_model
