"""Model scripts of the drills; every reply depends only on the history, so any step can be repeated."""

from typing import Any

from kimi_tui.embedded.script import RepeatedText, Script, ScriptedCall, ScriptStep

MEMO_TITLE = "What the drill found"
QUESTION = "What did the drill find?"
"""What every session is asked."""


def scripted_call(name: str, **arguments: Any) -> ScriptedCall:
    """One call."""
    return ScriptedCall(name, arguments)


def memo_step(source: str = "S1") -> ScriptStep:
    """The step that hands the memo in; its first source is a calculation."""
    text = f"The first sum of the drill is 2 [{source} result]."
    return ScriptStep("It is enough.", calls=(scripted_call("submit_memo", title=MEMO_TITLE, memo=text, final=True),))


def many_calls_script(count: int, pace: float = 400.0) -> Script:
    """Return a script of `count` calls: reads of every kind, queries to approve, notes, and the memo."""
    kinds = (
        (scripted_call("calculate", code="1 + {n}"), scripted_call("calculate", code="2 * {n}")),
        (scripted_call("search_documents", query="revenue {n}", limit=2),),
        (scripted_call("query_database", database="finance.sqlite", sql="select {n}, count(*) from sqlite_master"),),
        (scripted_call("note", text="note {n}"),),
        (
            scripted_call("find_in", source="README.md", text="the", limit=1),
            scripted_call("calculate", code="3 ** {n}"),
        ),
        (scripted_call("update_plan", steps=[{"text": "step {n}", "state": "doing"}]),),
        (
            scripted_call("note", text="first of {n}"),
            scripted_call("calculate", code="{n} / 7"),
            scripted_call("note", text="last of {n}"),
        ),
    )
    steps = [ScriptStep("I begin.", calls=(scripted_call("calculate", code="1 + 1"),))]
    left = count - 2
    for number in range(count):
        calls = kinds[number % len(kinds)][:left]
        left -= len(calls)
        if calls:
            steps.append(ScriptStep(f"This is part {number} of the work, and I go on with it.", calls=calls))
    return Script((*steps, memo_step()), by="history", pace=pace)


def few_calls_script() -> Script:
    """A short session with a query to approve."""
    return Script(
        (
            ScriptStep("I begin.", calls=(scripted_call("calculate", code="1 + 1"),)),
            ScriptStep(
                "I plan.", calls=(scripted_call("update_plan", steps=[{"text": "look", "state": "doing"}]),), repeat=4
            ),
            ScriptStep("I ask.", calls=(scripted_call("query_database", database="finance.sqlite", sql="select {n}"),)),
            ScriptStep("I look.", calls=(scripted_call("search_documents", query="revenue {n}", limit=2),), repeat=3),
            memo_step(),
        ),
        by="history",
    )


def large_source() -> Script:
    """A short session that reads a document of 80 kB, which becomes a source."""
    report = "filings/tharnholm-half-year-report-2025.pdf"
    return Script(
        (
            ScriptStep("I begin.", calls=(scripted_call("calculate", code="1 + 1"),)),
            ScriptStep("I read.", calls=(scripted_call("read", source=report),)),
            ScriptStep(
                "I plan.", calls=(scripted_call("update_plan", steps=[{"text": "look", "state": "doing"}]),), repeat=3
            ),
            memo_step(),
        ),
        by="history",
    )


def even_steps(count: int, words: int, pace: float) -> Script:
    """A session of `count` equal steps, each some words of reasoning and a plan, then the memo."""
    first = ScriptStep("I begin.", calls=(scripted_call("calculate", code="1 + 1"),))
    plan = scripted_call("update_plan", steps=[{"text": "step {n}", "state": "doing"}], note="step {n}")
    step = ScriptStep(RepeatedText("thinking of step {n} ", words // 4), calls=(plan,), repeat=count)
    return Script((first, step, memo_step()), by="history", pace=pace)


def phases() -> Script:
    """A session that passes slowly through everything that a run does."""
    return Script(
        (
            ScriptStep("I begin.", calls=(scripted_call("calculate", code="1 + 1"),)),
            ScriptStep(
                RepeatedText("thinking slowly ", 20),
                calls=(scripted_call("update_plan", steps=[{"text": "look"}]),),
                pace=40,
            ),
            ScriptStep("I ask.", calls=(scripted_call("query_database", database="finance.sqlite", sql="select {n}"),)),
            ScriptStep("I compute.", calls=(scripted_call("calculate", code="sum(i * i for i in range(3000000))"),)),
            memo_step(),
        ),
        by="history",
        pace=100.0,
    )
