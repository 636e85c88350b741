"""What the model says in the drills; every reply depends on the history alone, so any step can be asked again."""

from typing import Any

from kimi_tui.embedded.script import Repeated, Script, ScriptedCall, Step

MEMO_TITLE = "What the drill found"
QUESTION = "What did the drill find?"
"""What every session is asked."""


def call(name: str, **arguments: Any) -> ScriptedCall:
    """One call."""
    return ScriptedCall(name, arguments)


def memo(source: str = "S1") -> Step:
    """The step that hands the memo in; its first source is a calculation."""
    text = f"The first sum of the drill is 2 [{source} result]."
    return Step("It is enough.", calls=(call("submit_memo", title=MEMO_TITLE, memo=text, final=True),))


def many_calls(count: int, pace: float = 400.0) -> Script:
    """A session of `count` calls, the memo among them: reads of every kind, queries to approve, notes to write."""
    kinds = (
        (call("calculate", code="1 + {n}"), call("calculate", code="2 * {n}")),
        (call("search_documents", query="revenue {n}", limit=2),),
        (call("query_database", database="finance.sqlite", sql="select {n}, count(*) from sqlite_master"),),
        (call("note", text="note {n}"),),
        (call("find_in", source="README.md", text="the", limit=1), call("calculate", code="3 ** {n}")),
        (call("update_plan", steps=[{"text": "step {n}", "state": "doing"}]),),
        (call("note", text="first of {n}"), call("calculate", code="{n} / 7"), call("note", text="last of {n}")),
    )
    steps = [Step("I begin.", calls=(call("calculate", code="1 + 1"),))]
    left = count - 2
    for number in range(count):
        calls = kinds[number % len(kinds)][:left]
        left -= len(calls)
        if calls:
            steps.append(Step(f"This is part {number} of the work, and I go on with it.", calls=calls))
    return Script((*steps, memo()), by="history", pace=pace)


def few_calls() -> Script:
    """A short session with a query to approve."""
    return Script(
        (
            Step("I begin.", calls=(call("calculate", code="1 + 1"),)),
            Step("I plan.", calls=(call("update_plan", steps=[{"text": "look", "state": "doing"}]),), repeat=4),
            Step("I ask.", calls=(call("query_database", database="finance.sqlite", sql="select {n}"),)),
            Step("I look.", calls=(call("search_documents", query="revenue {n}", limit=2),), repeat=3),
            memo(),
        ),
        by="history",
    )


def large_source() -> Script:
    """A short session that reads a document of 80 kB, which becomes a source."""
    report = "filings/tharnholm-half-year-report-2025.pdf"
    return Script(
        (
            Step("I begin.", calls=(call("calculate", code="1 + 1"),)),
            Step("I read.", calls=(call("read", source=report),)),
            Step("I plan.", calls=(call("update_plan", steps=[{"text": "look", "state": "doing"}]),), repeat=3),
            memo(),
        ),
        by="history",
    )


def even_steps(count: int, words: int, pace: float) -> Script:
    """A session of `count` equal steps, each some words of reasoning and a plan, then the memo."""
    first = Step("I begin.", calls=(call("calculate", code="1 + 1"),))
    plan = call("update_plan", steps=[{"text": "step {n}", "state": "doing"}], note="step {n}")
    step = Step(Repeated("thinking of step {n} ", words // 4), calls=(plan,), repeat=count)
    return Script((first, step, memo()), by="history", pace=pace)


def phases() -> Script:
    """A session that passes slowly through everything that a run does."""
    return Script(
        (
            Step("I begin.", calls=(call("calculate", code="1 + 1"),)),
            Step(Repeated("thinking slowly ", 20), calls=(call("update_plan", steps=[{"text": "look"}]),), pace=40),
            Step("I ask.", calls=(call("query_database", database="finance.sqlite", sql="select {n}"),)),
            Step("I compute.", calls=(call("calculate", code="sum(i * i for i in range(3000000))"),)),
            memo(),
        ),
        by="history",
        pace=100.0,
    )
