"""Measure drift: how far the last steps are from the question and the plan, by the words they share.

The words of the question, of each order of the person and of each step of the plan that is not done are the marks
of the course. A step's distance is the share of words that the last steps (their reasoning and what they called)
do not mention of the mark that they mention best. It is cheap, the same for everybody, and says nothing about a
session whose steps hold too few words to tell. It rises when it stands out from what the turn's steps usually have.
"""

import re
from collections import deque
from statistics import median
from typing import Any, ClassVar

from kimi_tui.events import (
    DriftNoticed,
    Entry,
    ObservationRecorded,
    PlanEdited,
    QuestionAsked,
    ReasoningRecorded,
    SteerReceived,
    StepFinished,
    ToolCallProposed,
)
from kimi_tui.projections.projection import Handlers, Projection
from kimi_tui.projections.research_state import PlanState

WINDOW_STEPS = 8
"""Steps that are looked at together."""
MAX_DRIFT_SHARE = 0.4
"""The share of the usual nearness below which a step is an outlier."""
MIN_USUAL_NEARNESS = 0.2
"""The usual nearness that a turn must have before a step can be an outlier."""
MIN_DRIFT_STEPS = 5
"""Consecutive outliers that make a drift."""
_MIN_WORDS = 24
_MAX_REASONING_CHARS = 4_000
"""Characters of a step's reasoning that are looked at, from its end: where it says what it does next."""
_MAX_TOPIC_WORDS = 60
_WORD = re.compile(r"[^\W\d_]{4,}|[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]{2,}|\d{4}")
_PLAIN_WORD = re.compile(r"[a-z]{4,}|[0-9]{4}")
"""The same in a text of ASCII, where it is found in half the time."""
_STOP_WORD_TEXT = (
    "about after also been before both could does each from have here into just more most must need next only other "
    "over same should some such than that their them then there these they this those through what when where which "
    "while will with would your"
)
_STOP_WORDS = frozenset(_STOP_WORD_TEXT.split())


class Drift(Projection):
    """The trend of one turn."""

    def __init__(self) -> None:
        self.trend: list[float] = []
        """The distance of every step of the turn, from 0 (on course) to 1."""
        self.standing_out = 0
        """Steps in a row that are much further off than usual."""
        self.noticed = False
        """True when the model was asked since the steps were on course."""
        self._marks: dict[str, frozenset[str]] = {}
        self._open_steps: list[frozenset[str]] = []
        self._seen: deque[set[str]] = deque(maxlen=WINDOW_STEPS)
        self._step: set[str] = set()

    @property
    def usual(self) -> float:
        """The distance of the turn's first steps, by which later ones are judged."""
        return median(self.trend[:WINDOW_STEPS]) if self.trend else 0.0

    def _add_reasoning(self, entry: Entry, event: ReasoningRecorded) -> None:
        self._step |= topic_words(event.text[-_MAX_REASONING_CHARS:])

    def _add_call(self, entry: Entry, event: ToolCallProposed) -> None:
        self._step |= topic_words(f"{event.label} {_argument_texts(event.arguments)}"[:_MAX_REASONING_CHARS])

    def _note_message(self, entry: Entry, event: DriftNoticed) -> None:
        self.noticed, self.standing_out = True, 0

    def _begin_turn(self, entry: Entry, event: QuestionAsked) -> None:
        self.trend, self.standing_out, self.noticed = [], 0, False
        self._marks = {}
        self._seen.clear()
        self._add_topic_words(event.text)

    def _note_steer(self, entry: Entry, event: SteerReceived) -> None:
        if event.by == "person":
            self._add_topic_words(event.text)

    def _add_topic_words(self, text: str) -> None:
        """Add the words of something said to the marks."""
        mark = frozenset(list(dict.fromkeys(_ordered_words(text)))[:_MAX_TOPIC_WORDS])
        if mark:
            self._marks[text] = mark
        self.standing_out = 0

    def _apply_plan(self, entry: Entry, event: ObservationRecorded | PlanEdited) -> None:
        """A new plan is a new course."""
        plan = PlanState()
        plan.apply(entry)
        if plan.steps or isinstance(event, PlanEdited):
            open_steps = [*(step.text for step in plan.steps if step.state != "done"), *plan.questions]
            self._open_steps = [mark for text in open_steps if len(mark := frozenset(_ordered_words(text))) > 2]
            self.standing_out = 0

    def _measure_step(self, entry: Entry, event: StepFinished) -> None:
        """Take the finished step's words into the window and measure."""
        self._seen.append(self._step)
        self._step = set()
        self.trend.append(round(self._window_distance(), 3))
        near, usual = 1 - self.trend[-1], 1 - self.usual
        far = len(self.trend) > WINDOW_STEPS and usual >= MIN_USUAL_NEARNESS and near <= MAX_DRIFT_SHARE * usual
        self.standing_out = self.standing_out + 1 if far else 0
        self.noticed = self.noticed and near < usual * (1 + MAX_DRIFT_SHARE) / 2

    def _window_distance(self) -> float:
        """Return the distance of the window's steps; the last one again when they hold too few words."""
        said = set().union(*self._seen)
        marks = [*self._marks.values(), *self._open_steps]
        if len(said) < _MIN_WORDS or not marks:
            return self.trend[-1] if self.trend else 0.0
        return 1 - max(len(mark & said) / len(mark) for mark in marks)

    _HANDLERS: ClassVar[Handlers] = {
        ReasoningRecorded: _add_reasoning,
        ToolCallProposed: _add_call,
        StepFinished: _measure_step,
        ObservationRecorded: _apply_plan,
        DriftNoticed: _note_message,
        QuestionAsked: _begin_turn,
        SteerReceived: _note_steer,
        PlanEdited: _apply_plan,
    }


def topic_words(text: str) -> set[str]:
    """Return the words that identify a topic, without endings; pairs of characters in scripts without spaces."""
    folded = text.casefold()
    if folded.isascii():
        return {word.rstrip("s")[:8] for word in set(_PLAIN_WORD.findall(folded)) - _STOP_WORDS}
    return set(_ordered_words(text))


def _ordered_words(text: str) -> list[str]:
    found: list[str] = []
    for word in _WORD.findall(text.casefold()):
        if word[0] >= "\u3040":
            found += [word[at : at + 2] for at in range(len(word) - 1)]
        elif word not in _STOP_WORDS:
            found.append(word.rstrip("s")[:8])
    return found


def _argument_texts(value: Any) -> str:
    """Every text in a call's arguments."""
    match value:
        case str():
            return value
        case list():
            return " ".join(_argument_texts(item) for item in value)
        case dict():
            return " ".join(_argument_texts(item) for item in value.values())
        case _:
            return ""
