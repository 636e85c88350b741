"""Run the model's arithmetic in a sandbox without files, environment or network.

The sandbox is an interpreter of its own in a process of its own, under limits on time, memory and depth; this module
runs in a worker, so that even a value that grows while it is taken over ends only the worker.
"""

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from kimi_tui.quantities.numbers import format_figure
from kimi_tui.text import one_line
from kimi_tui.tools.calculation import functions
from kimi_tui.tools.workers.child import RefusalError

if TYPE_CHECKING:
    from pydantic_monty import Monty, MontyRuntimeError, MontySession, MontySyntaxError, ResourceLimits

_MAX_TRIED = 8
"""Inputs that are changed to see whether the result changes with them."""
_MIN_MOVE = 1e-4
"""A result that changes by a smaller share, when an input changes by a hundredth, does not rest on it."""
MAX_RESULT_CHARS = 4_000
"""Characters of a result that are kept."""
MAX_PRINTED_CHARS = 8_000
"""Characters of printed output that are kept."""
MODULES = "math, decimal, datetime, json, re, collections, itertools, functools, random"
"""What can be imported."""
FUNCTIONS = tuple(name for name in vars(functions) if callable(getattr(functions, name)) and not name.startswith("_"))
"""What is there without an import."""


def calculate(
    code: str, seconds: float, memory: int, binary: str, inputs: dict[str, int | float] | None = None
) -> dict[str, str]:
    """Return the `result` of a program's last expression, empty if it has none, and what it `printed`.

    `depends` is empty when the result is the same whatever the inputs are. `inputs` are values by the names under
    which the program finds them; `memory` is in bytes; `binary` is the interpreter's path, empty to look for it.
    Raises `RefusalError` with the error and its line.
    """
    with _interpreter(seconds, binary) as pool:
        return _calculate_in(pool, code, inputs, _limits(seconds, memory))


def calculate_all(
    programs: list[tuple[str, dict[str, int | float]]], seconds: float, memory: int, binary: str
) -> list[dict[str, str]]:
    """Return what `calculate` gives for each program with its inputs, and nothing for one that it refuses.

    They share the process of the interpreter, which takes longer to start than most programs run, and nothing else.
    """
    found: list[dict[str, str]] = []
    with _interpreter(seconds, binary) as pool:
        for code, inputs in programs:
            try:
                found.append(_calculate_in(pool, code, inputs, _limits(seconds, memory)))
            except RefusalError:
                found.append({})
    return found


def _interpreter(seconds: float, binary: str) -> "Monty":
    import pydantic_monty as monty

    return monty.Monty(binary_path=binary or None, max_processes=1, request_timeout=seconds + 1)


def _limits(seconds: float, memory: int) -> "ResourceLimits":
    import pydantic_monty as monty

    return monty.ResourceLimits(
        max_feed_duration_secs=seconds,
        max_turn_duration_secs=seconds,
        max_memory=memory,
        gc_interval=None,
        max_recursion_depth=200,
        max_suspensions=100,
        max_total_sleep_secs=0.0,
    )


def _calculate_in(
    pool: "Monty", code: str, inputs: dict[str, int | float] | None, limits: "ResourceLimits"
) -> dict[str, str]:
    """Run a program in a fresh session of an interpreter; raises `RefusalError`."""
    import pydantic_monty as monty

    printed = _PrintCollector()
    try:
        with pool.checkout(limits=limits, os_policy={"sleep": "zero", "random_start": {"seed": 0}}) as sandbox:
            sandbox.feed_run(Path(functions.__file__).read_text(encoding="utf-8"))
            value = sandbox.feed_run(code, inputs=inputs or None, print_callback=printed)
            depends = not inputs or _depends(sandbox, code, inputs, value)
    except (monty.MontySyntaxError, monty.MontyRuntimeError) as error:
        raise RefusalError(_explain_error(error, code)) from None
    except monty.MontyError as error:
        raise RefusalError(one_line(str(error), 400)) from None
    return {
        "result": "" if value is None else _format_result(value),
        "printed": printed.text(),
        "depends": "yes" if depends else "",
    }


def _depends(sandbox: "MontySession", code: str, inputs: dict[str, int | float], value: object) -> bool:
    """Return whether the result changes with at least one input."""
    import pydantic_monty as monty

    for name, given in list(inputs.items())[:_MAX_TRIED]:
        other = given + max(abs(given) // 100, 1) if isinstance(given, int) else given * 1.01 or 0.01
        try:
            moved = sandbox.feed_run(code, inputs=inputs | {name: other}, print_callback=_PrintCollector())
        except (monty.MontySyntaxError, monty.MontyRuntimeError):
            continue
        if not (isinstance(value, int | float) and isinstance(moved, int | float)):
            if str(moved) != str(value):
                return True
        elif abs(moved - value) > _MIN_MOVE * abs(value):
            return True
    return False


class _PrintCollector:
    """Collects printed output up to a size and drops the rest."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0

    def __call__(self, _stream: str, text: str) -> None:
        """One fragment of output."""
        if self._length <= MAX_PRINTED_CHARS:
            self._pieces.append(text[: MAX_PRINTED_CHARS + 1])
        self._length += len(text)

    def text(self) -> str:
        """All that was kept, with a last line that says so if something was dropped."""
        whole = "".join(self._pieces)
        if self._length <= MAX_PRINTED_CHARS:
            return whole.rstrip()
        return f"{whole[:MAX_PRINTED_CHARS]}\n(cut: {self._length:,} characters were printed)"


def _format_result(value: object) -> str:
    """Return a result as text of bounded length."""
    if isinstance(value, float):
        return format_figure(value)
    text = str(value) if isinstance(value, (str, Decimal)) else repr(value)
    return text if len(text) <= MAX_RESULT_CHARS else f"{text[:MAX_RESULT_CHARS]}… (cut: {len(text):,} characters)"


def _explain_error(error: "MontySyntaxError | MontyRuntimeError", code: str) -> str:
    """Return an error in words: what was wrong, in which line of the code, and what to do."""
    message = one_line(error.display("type-msg"), 400)
    lines = code.split("\n")
    own = [frame.line for frame in error.traceback() if frame.source_line in lines]
    where = f" in line {own[-1]}: {one_line(lines[own[-1] - 1], 120)}" if own and own[-1] <= len(lines) else ""
    if "No module named" in message:
        return f"{message}{where}. There are {MODULES}, and without an import {', '.join(FUNCTIONS)}"
    return f"{message}{where}"
