"""`kimi-tui egress`: what left a session."""

from kimi_tui.egress.ledger import SentData, describe_sent_data, sum_by_receiver
from tests.cli.kit import Finished


def test_egress_of_a_session_on_the_desk_says_that_nothing_left(finished: Finished) -> None:
    shown = finished.kimi("egress", "last")
    assert shown.returncode == 0
    assert shown.stdout == "Nothing left this session besides the requests to its model server.\n"
    assert finished.kimi("egress", "last", "--json").stdout == ""


def test_describe_sent_data_names_receiver_rule_arguments_and_words_of_the_desk() -> None:
    row = SentData(
        at="2026-01-01T10:00:00.000Z",
        call_id="c4",
        step=3,
        tool="open_page",
        targets=("a.example",),
        allowed_by="person",
        characters=31,
        arguments={"url": "https://a.example/?q=Corvanne\x1b[2J"},
        carried=("\u201cCorvanne\u201d from S2",),
        attempts=1,
    )
    assert describe_sent_data(row) == [
        "2026-01-01 10:00:00  c4  step 3  open_page to a.example  31 characters, approved by a person",
        "    url: https://a.example/?q=Corvanne\u241b[2J",
        "    of the desk: \u201cCorvanne\u201d from S2",
    ]


def test_sum_by_receiver_counts_every_sending_and_what_came_back() -> None:
    def row(target: str, attempts: int) -> SentData:
        return SentData("", "c1", 1, "t", (target,), "person", 10, {}, (), attempts, 7)

    totals = sum_by_receiver([row("a.example", 1), row("b.example", 2), row("b.example", 1)])
    assert [(one.receiver, one.calls, one.characters, one.received) for one in totals] == [
        ("b.example", 3, 30, 14), ("a.example", 1, 10, 7),
    ]  # fmt: skip
