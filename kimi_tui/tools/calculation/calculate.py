"""`calculate`: arithmetic that can be cited, in a sandbox.

Code and result become a source, so that a computed figure in a memo leads to how it was computed.
"""

import keyword
import re
import shutil
import sysconfig
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

import msgspec

from kimi_tui.events import Effect
from kimi_tui.evidence.cell_inputs import INDEPENDENT, NamedInput, find_input, text_of
from kimi_tui.evidence.passages import PassageFinder
from kimi_tui.sources import Part
from kimi_tui.text import one_line
from kimi_tui.tools.base import Observation, Tool, ToolContext, ToolError
from kimi_tui.tools.calculation.sandbox import FUNCTIONS
from kimi_tui.tools.workers.access import WorkerAccess
from kimi_tui.tools.workers.pool import WorkerError

MAX_SECONDS = 5.0
"""The longest a program may run."""
MAX_MEMORY_BYTES = 256 << 20
"""Bytes that a program may hold."""
MAX_INPUTS = 40
"""Cells that one program may be given."""
_MAX_WORKER_MEMORY_BYTES = 768 << 20
_MAX_TOGETHER = 40
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,40}")


def sandbox_path() -> str:
    """Path of the sandbox's interpreter, which its package installs beside this Python; empty if it is not there."""
    return shutil.which("monty", path=sysconfig.get_path("scripts")) or ""


class CalculateParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Parameters of `calculate`."""

    code: Annotated[
        str,
        msgspec.Meta(
            description="A Python expression or small program; the value of its last expression is the result.",
            min_length=1,
            max_length=20_000,
        ),
    ]
    inputs: Annotated[
        dict[str, str],
        msgspec.Meta(
            description='Cells by name, scaled: {"a": "S1 p.58 \\"Net sales\\" 2018"}',
        ),
    ] = {}
    """Places of cells by the names that the code has for them."""


class Calculate(Tool):
    """Runs a small program without files, environment or network."""

    name: ClassVar[str] = "calculate"
    description: ClassVar[str] = (
        "Compute with Python: an expression, or a few lines that end in one. There are no files and no network. "
        "math, decimal, datetime, json, re, collections and itertools can be imported; npv(rate, flows), irr(flows), "
        "cagr(first, last, periods), pct_change(old, new), pmt, mean, weighted_mean, median, quantile, stdev, variance "
        "and correlation are there without an import. The result can be cited as [S21]. "
        "Use it for every figure that no source states; numbers typed into the code vouch for nothing."
    )
    parameters: ClassVar[type[msgspec.Struct]] = CalculateParameters
    read_only: ClassVar[bool] = True
    timeout: ClassVar[float] = 20.0
    helps_to_answer: ClassVar[bool] = True

    def effects(self, arguments: CalculateParameters) -> tuple[Effect, ...]:
        """None: the sandbox touches nothing."""
        return ()

    def label(self, arguments: CalculateParameters) -> str:
        """Return the code on one line."""
        return f"Calculate {one_line(arguments.code, 160)}"

    async def run(self, arguments: CalculateParameters, context: ToolContext) -> Observation:
        """Return the result; raises `ToolError` with the line that failed, or the input that names no cell."""
        inputs = found_inputs(arguments.inputs, context)
        try:
            found = await run_code(arguments.code, inputs, context)
        except WorkerError as error:
            raise ToolError(f"The calculation failed: {error}.") from None
        result, printed = found["result"], found["printed"]
        if not result and not printed:
            raise ToolError("The calculation gave no result. End it with an expression, for example its last variable.")
        text = kept_text(arguments.code, inputs, found)
        ref = context.sources.add(
            kind="calculation",
            title="",
            address=one_line(arguments.code, 1_000),
            media_type="text/x-python",
            data=text.encode(errors="replace"),
            parts=(Part("result", text),),
            extractor="monty",
        )
        shown = "".join(f"{line}\n" for line in _listed(inputs, found)) + (f"{printed}\n" if printed else "")
        return Observation(f"{shown}[{ref.id}] {result or '(printed above)'}", sources=(ref,))


async def run_code(code: str, inputs: Sequence[NamedInput], context: ToolContext) -> dict[str, str]:
    """Run a program, and return its result as `sandbox_path.calculate` gives it; raises `WorkerError`."""
    request = {"code": code, "inputs": {one.name: one.value for one in inputs}, **_limits()}
    found: dict[str, str] = await context.workers.call(
        "kimi_tui.tools.calculation.sandbox:calculate",
        request,
        timeout=MAX_SECONDS + 6,
        memory=_MAX_WORKER_MEMORY_BYTES,
        access=interpreter_access(),
    )
    return found


async def run_together(
    programs: Sequence[tuple[str, Sequence[NamedInput]]], context: ToolContext
) -> list[dict[str, str]]:
    """Run many programs, each as alone; what gave no result together is empty, and tells why when it runs alone."""
    found: list[dict[str, str]] = []
    for batch in (programs[at : at + _MAX_TOGETHER] for at in range(0, len(programs), _MAX_TOGETHER)):
        named = [(code, {one.name: one.value for one in inputs}) for code, inputs in batch]
        try:
            found += await context.workers.call(
                "kimi_tui.tools.calculation.sandbox:calculate_all",
                {"programs": named, **_limits()},
                timeout=MAX_SECONDS + 6,
                memory=_MAX_WORKER_MEMORY_BYTES,
                access=interpreter_access(),
            )
        except WorkerError:
            found += [{}] * len(batch)
    return found


def interpreter_access() -> WorkerAccess:
    """Return the access of a worker that starts the interpreter."""
    return WorkerAccess(program=sandbox_path() or "monty")


def _limits() -> dict[str, Any]:
    return {"seconds": MAX_SECONDS, "memory": MAX_MEMORY_BYTES, "binary": sandbox_path()}


def kept_text(code: str, inputs: Sequence[NamedInput], found: Mapping[str, str]) -> str:
    """Return the text that is kept of a calculation: inputs, program, result and what it printed."""
    text = text_of(code.strip(), _listed(inputs, found), found["result"])
    return f"{text}\nprinted:\n{found['printed']}" if found["printed"] else text


def _listed(inputs: Sequence[NamedInput], found: Mapping[str, str]) -> list[str]:
    """Return the inputs, one a line, and whether the result depends on them."""
    return [*(one.in_words() for one in inputs), *([] if found["depends"] else [INDEPENDENT])]


def found_inputs(named: Mapping[str, str], context: ToolContext) -> list[NamedInput]:
    """Return the cells that a call names; raises `ToolError` with every input that names none or several."""
    if len(named) > MAX_INPUTS:
        raise ToolError(f"The calculation was not run: {len(named)} inputs are more than {MAX_INPUTS}.")
    passages = PassageFinder(context.sources)
    found = [_input(name, place, passages) for name, place in named.items()]
    problems = [f"- {one}" for one in found if isinstance(one, str)]
    if problems:
        raise ToolError("\n".join(["The calculation was not run: an input must name one cell.", *problems]))
    return [one for one in found if isinstance(one, NamedInput)]


def _input(name: str, place: str, passages: PassageFinder) -> NamedInput | str:
    """One input, or what is wrong with it."""
    if not _NAME.fullmatch(name) or keyword.iskeyword(name) or name in FUNCTIONS:
        return f"{one_line(name, 60)!r} cannot be its name; take a word of letters that is no function here"
    return find_input(name, place, passages)
