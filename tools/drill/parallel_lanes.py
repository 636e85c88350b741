"""Run the shares of a drill in parallel, each in its own process and folder."""

import subprocess
import sys
from typing import TypeVar

import msgspec

from tools.drill.drill_environment import ROOT

SECONDS = 7200
"""After this a lane is killed, whatever it does."""
Share = TypeVar("Share", bound=msgspec.Struct)


def run_in_lanes(module: str, lanes: list[tuple[object, ...]], kind: type[Share]) -> list[Share]:
    """Return what `python -m MODULE ARGUMENTS` prints as its last line, for all arguments at once."""
    started = [
        subprocess.Popen(
            [sys.executable, "-m", module, *map(str, arguments)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for arguments in lanes
    ]
    shares = []
    try:
        for process in started:
            reported, _ = process.communicate(timeout=SECONDS)
            if process.returncode:
                raise RuntimeError(f"a lane of {module} ended with {process.returncode}")
            shares.append(msgspec.json.decode(reported.strip().rpartition("\n")[2], type=kind))
    finally:
        for process in started:
            process.terminate()  # does nothing to one that has ended; the others clear up and end
            process.wait(timeout=30)
    return shares
