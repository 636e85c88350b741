"""Where a replay stands in its recording: a clock that a person drives, and what of the recording it has passed.

Nothing here knows a screen or a file. A long silence, such as a person's night, is cut short; everything else keeps
the pace it had.
"""

from datetime import datetime

import msgspec

from kimi_tui.events import Delta, Entry, MessageRecorded, QuestionAsked, ReasoningRecorded, StepStarted, TurnFinished

LONGEST_WAIT = 10.0
"""Seconds: a longer silence in the recording is cut to this."""
SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
"""Multiples of the recording's own pace that a key goes through."""


class Progress(msgspec.Struct, frozen=True):
    """Where the replay stands."""

    share: float
    """Of the recording's time, from 0 to 1."""
    seconds: float
    """Of the recording, long silences cut."""
    total: float
    """Seconds of the whole recording."""
    step: int
    """The model's step; 0 before the first."""
    steps: int
    """The last step of the recording."""


class Playhead:
    """Moves over the entries of a recording."""

    def __init__(self, speed: float) -> None:
        """`speed` is a multiple of the recording's own pace; 0 stands at the end at once."""
        self.entries: list[Entry] = []
        """The recording, as far as it has been read."""
        self.at = 0
        """How many entries were passed."""
        self.playing = speed > 0
        """Whether the clock runs."""
        self.speed = speed or 1.0
        """Times its own pace."""
        self._whole = speed == 0
        self._offsets: list[float] = []
        self._seconds = 0.0
        self._streamed = 0

    def add(self, entry: Entry) -> None:
        """Another entry of the recording."""
        before = self._offsets[-1] if self._offsets else 0.0
        waited = _seconds(self.entries[-1], entry) if self.entries else 0.0
        self._offsets.append(before + min(max(waited, 0.0), LONGEST_WAIT))
        self.entries.append(entry)

    def advance(self, seconds: float) -> list[Entry]:
        """The entries that are passed in so many seconds of the person's time."""
        if self._whole:
            self._seconds = self._total
        elif self.playing:
            self._seconds = min(self._seconds + seconds * self.speed, self._total)
        return self._pass(self._count(self._seconds))

    def next_entry(self) -> list[Entry]:
        """Pause, and pass one entry."""
        self._halt()
        return self._pass_to(min(self.at + 1, len(self.entries)))

    def seek(self, count: int) -> list[Entry] | None:
        """Stand behind so many entries: the entries on the way, or None when the way goes back to the beginning."""
        self._whole = False
        count = min(max(count, 0), len(self.entries))
        if count >= self.at:
            return self._pass_to(count)
        self.at, self._streamed = 0, 0
        self._seconds = self._offsets[count - 1] if count else 0.0
        return None

    def seek_share(self, share: float) -> int:
        """Behind how many entries a share of the recording's time stands."""
        return self._count(share * self._total)

    def step_end(self, by: int) -> int:
        """Behind how many entries the next step ends, or the one before."""
        starts = [index for index, entry in enumerate(self.entries) if _opens(entry)]
        ends = [*starts[1:], len(self.entries)] if starts else [len(self.entries)]
        if by > 0:
            return next((end for end in ends if end > self.at), len(self.entries))
        return next((end for end in reversed(ends) if end < self.at), starts[0] + 1 if starts else 0)

    def toggle(self) -> None:
        """Play or pause; at the end, play from the beginning is the screen's business."""
        self._whole = False
        self.playing = not self.playing

    def change_speed(self, by: int) -> None:
        """A faster or a slower pace."""
        near = min(range(len(SPEEDS)), key=lambda index: abs(SPEEDS[index] - self.speed))
        self.speed = SPEEDS[min(max(near + by, 0), len(SPEEDS) - 1)]

    @property
    def ended(self) -> bool:
        """Whether everything was passed."""
        return self.at == len(self.entries)

    @property
    def progress(self) -> Progress:
        """Where it stands."""
        step = self.entries[self.at - 1].step if self.at else 0
        total = self._total
        share = self._seconds / total if total else float(self.ended)
        return Progress(share, self._seconds, total, step, max((entry.step for entry in self.entries), default=0))

    def fragments(self) -> list[Delta]:
        """What the model would have streamed of the coming entries by now, since the last time."""
        if self.at == 0 or self.ended or not isinstance(self.entries[self.at - 1].event, StepStarted):
            return []
        began, ends = self._offsets[self.at - 1], self._offsets[self.at]
        coming = self._coming()
        share = (self._seconds - began) / (ends - began) if ends > began else 0.0
        due = max(int(share * sum(len(delta.text) for delta in coming)), self._streamed)
        found: list[Delta] = []
        place = 0
        for delta in coming:
            text = delta.text[max(self._streamed - place, 0) : max(due - place, 0)]
            found += [Delta(delta.trajectory, delta.step, delta.kind, text)] if text else []
            place += len(delta.text)
        self._streamed = due
        return found

    def _coming(self) -> list[Delta]:
        """What the model wrote in the step that is passed next, whole, up to where its calls begin."""
        found: list[Delta] = []
        for entry in self.entries[self.at : self.at + 3]:
            match entry.event:
                case ReasoningRecorded(text=text):
                    found.append(Delta(entry.trajectory, entry.step, "reasoning", text))
                case MessageRecorded(text=text):
                    found.append(Delta(entry.trajectory, entry.step, "text", text))
                case _:
                    break
        return found

    @property
    def _total(self) -> float:
        return self._offsets[-1] if self._offsets else 0.0

    def _halt(self) -> None:
        self.playing = self._whole = False

    def _count(self, seconds: float) -> int:
        """How many entries stand before a moment, or at it."""
        count = self.at if self.at and self._offsets[self.at - 1] <= seconds else 0
        while count < len(self.entries) and self._offsets[count] <= seconds:
            count += 1
        return count

    def _pass_to(self, count: int) -> list[Entry]:
        self._seconds = self._offsets[count - 1] if count else 0.0
        return self._pass(count)

    def _pass(self, count: int) -> list[Entry]:
        passed = self.entries[self.at : count]
        if passed:
            self.at, self._streamed = count, 0
        return passed


def _opens(entry: Entry) -> bool:
    return isinstance(entry.event, QuestionAsked | StepStarted | TurnFinished)


def _seconds(earlier: Entry, later: Entry) -> float:
    return (datetime.fromisoformat(later.at) - datetime.fromisoformat(earlier.at)).total_seconds()
