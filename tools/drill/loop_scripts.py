"""Scripts for the loop drill: rounds without progress, and honest work that looks similar.

A loop is a list of calls that comes round and round; honest work is a list of steps that ends in a memo.
"""

import json
from collections.abc import Callable
from typing import Any

import msgspec

from kimi_tui.embedded.script import Script, ScriptedCall, ScriptStep
from tools.drill.model_scripts import scripted_call

BEGIN = ScriptStep(
    "I begin.", calls=(scripted_call("update_plan", steps=[{"text": "look at heat pumps", "state": "doing"}]),)
)
"""The first step of every case."""
END = ScriptStep(
    "Enough.", calls=(scripted_call("submit_memo", title="Heat", memo="Heat pumps were looked at.", final=True),)
)
"""The last step of honest work, and of a loop that nobody stopped."""


class ModelLoop(msgspec.Struct, frozen=True):
    """Calls that a model makes in the same order for ever, one a step."""

    name: str
    calls: tuple[ScriptedCall, ...]
    """All of it, near-duplicates one behind the other."""
    new: int
    """How many of them are new when they come first; every later call is wasted."""

    def script(self, rounds: int) -> Script:
        """The model's replies."""
        steps = tuple(ScriptStep("Once more.", calls=(one,)) for one in self.calls)
        return Script((BEGIN, *steps * rounds, END))


class HonestWork(msgspec.Struct, frozen=True):
    """Work that repeats itself and gets somewhere."""

    name: str
    steps: tuple[ScriptStep, ...]
    settings: dict[str, Any] = {}
    """Settings other than the drill's."""

    def script(self) -> Script:
        """The model's replies."""
        return Script((BEGIN, *self.steps, END))


def _raw(name: str, **arguments: Any) -> ScriptedCall:
    """A call whose arguments come in the given order."""
    return ScriptedCall(name, json.dumps(arguments))


def _period(count: int) -> ModelLoop:
    calls = tuple(scripted_call("read", source="report.md", parts=f"§{n}") for n in range(1, count + 1))
    return ModelLoop(f"period {count}", calls, count)


def _near(name: str, *calls: ScriptedCall) -> ModelLoop:
    return ModelLoop(f"near-duplicates: {name}", calls, 1)


def make_loops(page: str) -> tuple[ModelLoop, ...]:
    """Every loop; `page` is an address that always answers the same."""
    return (
        *(_period(count) for count in range(1, 6)),
        _near(
            "white space",
            *(scripted_call("search_documents", query=q) for q in ("heat pump", " heat  pump", "heat pump\n")),
        ),
        _near("case", *(scripted_call("search_documents", query=q) for q in ("Heat pump", "heat pump", "HEAT PUMP"))),
        _near(
            "punctuation",
            *(scripted_call("search_documents", query=q) for q in ("heat pump", "heat pump?", "heat pump.")),
        ),
        _near(
            "key order",
            _raw("find_in", source="report.md", text="heat"),
            _raw("find_in", text="heat", source="report.md"),
        ),
        _near(
            "defaults",
            scripted_call("search_documents", query="heat"),
            scripted_call("search_documents", query="heat", limit=8),
        ),
        _near(
            "number forms",
            *(scripted_call("find_in", source="report.md", text="heat", limit=limit) for limit in (5, "5", 5.0)),
        ),
        _near("asked afresh", scripted_call("open_page", url=page, fresh=True), scripted_call("open_page", url=page)),
        ModelLoop("what is not there", (scripted_call("read", source="missing.md"),), 1),
        ModelLoop("arguments that cannot be read", (ScriptedCall("read", '{"source": '),), 1),
        ModelLoop("a tool that is not there", (scripted_call("google", query="heat"),), 1),
        ModelLoop(
            "the same plan in between",
            (
                scripted_call("read", source="report.md", parts="§1"),
                scripted_call("update_plan", steps=[{"text": "read the report", "state": "doing"}]),
            ),
            2,
        ),
        ModelLoop("the same memo, refused", (scripted_call("submit_memo", title="Heat", memo="Heat rose."),), 1),
    )


def _each(count: int, make: Callable[[int], tuple[ScriptedCall, ...]]) -> tuple[ScriptStep, ...]:
    return tuple(ScriptStep(f"Part {n}.", calls=make(n)) for n in range(1, count + 1))


def _paging() -> tuple[HonestWork, ...]:
    """Documents and rows, piece by piece."""
    return (
        HonestWork(
            "paging through a document",
            _each(20, lambda n: (scripted_call("read", source="report.md", parts=f"§{n}"),)),
        ),
        HonestWork(
            "alternating between two documents",
            _each(
                12, lambda n: tuple(scripted_call("read", source=s, parts=f"§{n}") for s in ("report.md", "other.md"))
            ),
        ),
        HonestWork(
            "overlapping parts",
            _each(12, lambda n: (scripted_call("read", source="report.md", parts=f"§{n}-{n + 2}"),)),
        ),
        HonestWork(
            "paging through rows",
            _each(12, lambda n: (_select("one.sqlite", f"select * from t order by a limit 3 offset {3 * n}"),)),
        ),
        HonestWork(
            "more results each time",
            _each(8, lambda n: (scripted_call("find_in", source="report.md", text="heat", limit=n),)),
        ),
        HonestWork(
            "many words in one document",
            _each(20, lambda n: (scripted_call("find_in", source="report.md", text=f"part {n}"),)),
        ),
    )


def _asking(changing: str, failing: str, writing: str) -> tuple[HonestWork, ...]:
    """Things that change between two looks."""
    return (
        HonestWork(
            "polling a page that changes", _each(12, lambda n: (scripted_call("open_page", url=changing, fresh=True),))
        ),
        HonestWork("trying again until it works", _each(3, lambda n: (scripted_call("open_page", url=failing),))),
        HonestWork(
            "a document that is written meanwhile",
            _each(8, lambda n: (scripted_call("open_page", url=writing, fresh=True),))
            + _each(1, lambda n: (scripted_call("read", source="log.md"),)),
        ),
        HonestWork(
            "looking at that document in between",
            tuple(
                ScriptStep("Look.", calls=(one,))
                for _ in range(6)
                for one in (scripted_call("open_page", url=writing, fresh=True), scripted_call("read", source="log.md"))
            ),
        ),
        HonestWork(
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


def _checking() -> tuple[HonestWork, ...]:
    """The same asked again for a reason."""
    five = _each(5, lambda n: (scripted_call("read", source="report.md", parts=f"§{n}"),))
    eight = _each(8, lambda n: (scripted_call("read", source="report.md", parts=f"§{n}"),))
    anchor = scripted_call("read", source="report.md", parts="§1")
    return (
        HonestWork("reading again what was hidden", eight * 3, {"context": "keep-5"}),
        HonestWork("checking everything once more", five * 2),
        HonestWork(
            "the same page between new ones",
            _each(12, lambda n: (anchor, scripted_call("read", source="other.md", parts=f"§{n}"))),
        ),
        HonestWork(
            "the same call twice in a step",
            _each(10, lambda n: (scripted_call("read", source="other.md", parts=f"§{n}"),) * 2),
        ),
        HonestWork(
            "listing the desk now and then",
            tuple(
                ScriptStep("Look.", calls=(one,))
                for n in range(1, 9)
                for one in (scripted_call("search_documents"), scripted_call("read", source="other.md", parts=f"§{n}"))
            ),
        ),
        HonestWork(
            "looking for what is not there",
            _each(15, lambda n: (scripted_call("find_in", source="report.md", text=f"absent {n}"),)),
        ),
    )


def _working() -> tuple[HonestWork, ...]:
    """Plans, sums and memos that grow."""
    return (
        HonestWork("sums with other numbers", _each(20, lambda n: (scripted_call("calculate", code=f"{n} * 2"),))),
        HonestWork("a plan that goes on", _each(10, lambda n: (_plan(n),))),
        HonestWork(
            "the same plan beside new work",
            _each(10, lambda n: (_plan(1), scripted_call("read", source="report.md", parts=f"§{n}"))),
        ),
        HonestWork(
            "a memo that is mended",
            _each(3, lambda n: (scripted_call("submit_memo", title="Heat", memo=f"Heat rose by {n}."),)),
        ),
    )


def make_honest_work(changing: str, failing: str, writing: str) -> tuple[HonestWork, ...]:
    """Every honest pattern; the addresses change with each look, fail twice, and write the document `log.md`."""
    return (*_paging(), *_asking(changing, failing, writing), *_checking(), *_working())


def _select(database: str, sql: str) -> ScriptedCall:
    return scripted_call("query_database", database=database, sql=sql)


def _plan(done: int) -> ScriptedCall:
    """A plan of ten steps of which some are done."""
    steps = [{"text": f"look at part {n}", "state": "done" if n < done else "open"} for n in range(1, 11)]
    return scripted_call("update_plan", steps=steps)
