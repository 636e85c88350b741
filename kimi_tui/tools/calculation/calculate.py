"""`calculate`: arithmetic that can be cited, in a sandbox.

Code and result become a source, so that a computed figure in a memo leads to how it was computed.
"""

import shutil
import sysconfig
from typing import Annotated, ClassVar

import msgspec

from kimi_tui.events import Effect
from kimi_tui.sources import Part
from kimi_tui.text import one_line
from kimi_tui.tools.base import Observation, ToolContext, ToolError
from kimi_tui.tools.workers.pool import WorkerError

SECONDS = 5.0
"""The longest a program may run."""
MEMORY = 256 << 20
"""Bytes that a program may hold."""
_WORKER_MEMORY = 768 << 20


def sandbox() -> str:
    """Path of the sandbox's interpreter, which its package installs beside this Python; empty if it is not there."""
    return shutil.which("monty", path=sysconfig.get_path("scripts")) or ""


class Parameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the model may pass."""

    code: Annotated[
        str,
        msgspec.Meta(
            description="A Python expression or small program; the value of its last expression is the result.",
            min_length=1,
            max_length=20_000,
        ),
    ]


class Calculate:
    """Runs a small program without files, environment or network."""

    name: ClassVar[str] = "calculate"
    description: ClassVar[str] = (
        "Compute with Python: an expression, or a few lines that end in one. There are no files and no network. "
        "math, decimal, datetime, json, re, collections and itertools can be imported; npv(rate, flows), irr(flows), "
        "cagr(first, last, periods), pct_change(old, new), pmt, mean, weighted_mean, median, quantile, stdev, variance "
        "and correlation are there without an import. The result can be cited as [S21]. "
        "Use it for every figure that no source states."
    )
    parameters: ClassVar[type[msgspec.Struct]] = Parameters
    read_only: ClassVar[bool] = True
    timeout: ClassVar[float] = 20.0

    def effects(self, arguments: Parameters) -> tuple[Effect, ...]:
        """None: the sandbox touches nothing."""
        return ()

    def label(self, arguments: Parameters) -> str:
        """The code on one line."""
        return f"Calculate {one_line(arguments.code, 160)}"

    async def run(self, arguments: Parameters, context: ToolContext) -> Observation:
        """The result; raises `ToolError` with the line that failed."""
        request = {
            "code": arguments.code,
            "seconds": SECONDS,
            "memory": MEMORY,
            "binary": sandbox(),
        }
        try:
            found: dict[str, str] = await context.workers.call(
                "kimi_tui.tools.calculation.sandbox:calculate", request, timeout=SECONDS + 6, memory=_WORKER_MEMORY
            )
        except WorkerError as error:
            raise ToolError(f"The calculation failed: {error}.") from None
        result, printed = found["result"], found["printed"]
        if not result and not printed:
            raise ToolError("The calculation gave no result. End it with an expression, for example its last variable.")
        text = f"{arguments.code.strip()} = {result}" if result else arguments.code.strip()
        ref = context.sources.add(
            kind="calculation",
            title="",
            address=one_line(arguments.code, 1_000),
            media_type="text/x-python",
            data=f"{text}\n{printed}".encode(errors="replace"),
            parts=(Part("result", f"{text}\nprinted:\n{printed}" if printed else text),),
            extractor="monty",
        )
        shown = f"{printed}\n" if printed else ""
        return Observation(f"{shown}[{ref.id}] {result or '(printed above)'}", sources=(ref,))
