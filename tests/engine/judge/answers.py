"""Memos that are judged by a scripted model, for the tests of the judge."""

import json
from pathlib import Path
from typing import Any

from kimi_tui.embedded.script import ScriptStep
from kimi_tui.events import TurnFinished
from tests.engine.kit import LOOK, Scene, memo, scene

PROSE = "Alpha is the greatest of all figures [S1 p.1]."


WORDS = "alpha figure is 25"


def answer(verdict: str, words: str = WORDS) -> ScriptStep:
    return ScriptStep(text=json.dumps({"verdict": verdict, "words": words}))


def writes(*sentences: str) -> ScriptStep:
    return ScriptStep(calls=(memo(" ".join(sentences)),))


async def judged(folder: Path, *answers: ScriptStep, text: str = PROSE, **settings: Any) -> tuple[TurnFinished, Scene]:
    """One turn whose memo is judged with these answers."""
    async with scene(folder, (LOOK, writes(text), *answers), judge="auto", **settings) as stage:
        return await stage.finished(), stage


def statement(end: TurnFinished, number: int = 0) -> dict[str, Any]:
    assert end.memo is not None
    found: dict[str, Any] = end.memo["statements"][number]
    return found
