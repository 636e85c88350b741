"""What a model does in the drill of loops: rounds that bring nothing new, and honest work that only looks like them.

A loop is a list of calls that comes round and round; honest work is a list of steps that ends in a memo.
"""

import json
from collections.abc import Callable
from typing import Any

import msgspec

from kimi_tui.embedded.script import Script, ScriptedCall, Step
from tools.drill.scripts import call

BEGIN = Step("I begin.", calls=(call("update_plan", steps=[{"text": "look at heat pumps", "state": "doing"}]),))
"""The first step of every case."""
END = Step("Enough.", calls=(call("submit_memo", title="Heat", memo="Heat pumps were looked at.", final=True),))
"""The last step of honest work, and of a loop that nobody stopped."""


class Loop(msgspec.Struct, frozen=True):
    """Calls that a model makes in the same order for ever, one a step."""

    name: str
    calls: tuple[ScriptedCall, ...]
    """All of it, near-duplicates one behind the other."""
    new: int
    """How many of them are new when they come first; every later call is wasted."""

    def script(self, rounds: int) -> Script:
        """The model's replies."""
        steps = tuple(Step("Once more.", calls=(one,)) for one in self.calls)
        return Script((BEGIN, *steps * rounds, END))


class Honest(msgspec.Struct, frozen=True):
    """Work that repeats itself and gets somewhere."""

    name: str
    steps: tuple[Step, ...]
    settings: dict[str, Any] = {}
    """Settings other than the drill's."""

    def script(self) -> Script:
        """The model's replies."""
        return Script((BEGIN, *self.steps, END))


def _raw(name: str, **arguments: Any) -> ScriptedCall:
    """A call whose arguments come in the given order."""
    return ScriptedCall(name, json.dumps(arguments))


def _period(count: int) -> Loop:
    calls = tuple(call("read", source="report.md", parts=f"§{n}") for n in range(1, count + 1))
    return Loop(f"period {count}", calls, count)


def _near(name: str, *calls: ScriptedCall) -> Loop:
    return Loop(f"near-duplicates: {name}", calls, 1)


def loops(page: str) -> tuple[Loop, ...]:
    """Every loop; `page` is an address that always answers the same."""
    return (
        *(_period(count) for count in range(1, 6)),
        _near("white space", *(call("search_documents", query=q) for q in ("heat pump", " heat  pump", "heat pump\n"))),
        _near("case", *(call("search_documents", query=q) for q in ("Heat pump", "heat pump", "HEAT PUMP"))),
        _near("punctuation", *(call("search_documents", query=q) for q in ("heat pump", "heat pump?", "heat pump."))),
        _near(
            "key order",
            _raw("find_in", source="report.md", text="heat"),
            _raw("find_in", text="heat", source="report.md"),
        ),
        _near("defaults", call("search_documents", query="heat"), call("search_documents", query="heat", limit=8)),
        _near(
            "number forms",
            *(call("find_in", source="report.md", text="heat", limit=limit) for limit in (5, "5", 5.0)),
        ),
        _near("asked afresh", call("open_page", url=page, fresh=True), call("open_page", url=page)),
        Loop("what is not there", (call("read", source="missing.md"),), 1),
        Loop("arguments that cannot be read", (ScriptedCall("read", '{"source": '),), 1),
        Loop("a tool that is not there", (call("google", query="heat"),), 1),
        Loop(
            "the same plan in between",
            (
                call("read", source="report.md", parts="§1"),
                call("update_plan", steps=[{"text": "read the report", "state": "doing"}]),
            ),
            2,
        ),
        Loop("the same memo, refused", (call("submit_memo", title="Heat", memo="Heat rose."),), 1),
    )


def _each(count: int, make: Callable[[int], tuple[ScriptedCall, ...]]) -> tuple[Step, ...]:
    return tuple(Step(f"Part {n}.", calls=make(n)) for n in range(1, count + 1))


def _paging() -> tuple[Honest, ...]:
    """Documents and rows, piece by piece."""
    return (
        Honest("paging through a document", _each(20, lambda n: (call("read", source="report.md", parts=f"§{n}"),))),
        Honest(
            "alternating between two documents",
            _each(12, lambda n: tuple(call("read", source=s, parts=f"§{n}") for s in ("report.md", "other.md"))),
        ),
        Honest("overlapping parts", _each(12, lambda n: (call("read", source="report.md", parts=f"§{n}-{n + 2}"),))),
        Honest(
            "paging through rows",
            _each(12, lambda n: (_select("one.sqlite", f"select * from t order by a limit 3 offset {3 * n}"),)),
        ),
        Honest(
            "more results each time", _each(8, lambda n: (call("find_in", source="report.md", text="heat", limit=n),))
        ),
        Honest(
            "many words in one document", _each(20, lambda n: (call("find_in", source="report.md", text=f"part {n}"),))
        ),
    )


def _asking(changing: str, failing: str, writing: str) -> tuple[Honest, ...]:
    """Things that change between two looks."""
    return (
        Honest("polling a page that changes", _each(12, lambda n: (call("open_page", url=changing, fresh=True),))),
        Honest("trying again until it works", _each(3, lambda n: (call("open_page", url=failing),))),
        Honest(
            "a document that is written meanwhile",
            _each(8, lambda n: (call("open_page", url=writing, fresh=True),))
            + _each(1, lambda n: (call("read", source="log.md"),)),
        ),
        Honest(
            "looking at that document in between",
            tuple(
                Step("Look.", calls=(one,))
                for _ in range(6)
                for one in (call("open_page", url=writing, fresh=True), call("read", source="log.md"))
            ),
        ),
        Honest(
            "the same query on two databases",
            _each(
                2,
                lambda n: (
                    _select("one.sqlite", "select count(*) from t"),
                    _select("two.sqlite", "select count(*) from t"),
                ),
            ),
        ),
    )


def _checking() -> tuple[Honest, ...]:
    """The same asked again for a reason."""
    five = _each(5, lambda n: (call("read", source="report.md", parts=f"§{n}"),))
    eight = _each(8, lambda n: (call("read", source="report.md", parts=f"§{n}"),))
    anchor = call("read", source="report.md", parts="§1")
    return (
        Honest("reading again what was hidden", eight * 3, {"context": "keep-5"}),
        Honest("checking everything once more", five * 2),
        Honest(
            "the same page between new ones",
            _each(12, lambda n: (anchor, call("read", source="other.md", parts=f"§{n}"))),
        ),
        Honest(
            "the same call twice in a step",
            _each(10, lambda n: (call("read", source="other.md", parts=f"§{n}"),) * 2),
        ),
        Honest(
            "listing the desk now and then",
            tuple(
                Step("Look.", calls=(one,))
                for n in range(1, 9)
                for one in (call("search_documents"), call("read", source="other.md", parts=f"§{n}"))
            ),
        ),
        Honest(
            "looking for what is not there",
            _each(15, lambda n: (call("find_in", source="report.md", text=f"absent {n}"),)),
        ),
    )


def _working() -> tuple[Honest, ...]:
    """Plans, sums and memos that grow."""
    return (
        Honest("sums with other numbers", _each(20, lambda n: (call("calculate", code=f"{n} * 2"),))),
        Honest("a plan that goes on", _each(10, lambda n: (_plan(n),))),
        Honest(
            "the same plan beside new work",
            _each(10, lambda n: (_plan(1), call("read", source="report.md", parts=f"§{n}"))),
        ),
        Honest(
            "a memo that is mended",
            _each(3, lambda n: (call("submit_memo", title="Heat", memo=f"Heat rose by {n}."),)),
        ),
    )


def honest(changing: str, failing: str, writing: str) -> tuple[Honest, ...]:
    """Every honest pattern; the addresses change with each look, fail twice, and write the document `log.md`."""
    return (*_paging(), *_asking(changing, failing, writing), *_checking(), *_working())


def _select(database: str, sql: str) -> ScriptedCall:
    return call("query_database", database=database, sql=sql)


def _plan(done: int) -> ScriptedCall:
    """A plan of ten steps of which some are done."""
    steps = [{"text": f"look at part {n}", "state": "done" if n < done else "open"} for n in range(1, 11)]
    return call("update_plan", steps=steps)
