"""The playback position of a replay: a clock that the person controls, and the entries it has passed.

Nothing here knows a screen or a file. A long silence, such as a person's night, is cut short; everything else keeps
the pace it had.
"""

from datetime import datetime

import msgspec

from kimi_tui.events import Delta, Entry, MessageRecorded, QuestionAsked, ReasoningRecorded, StepStarted, TurnFinished

MAX_WAIT_SECONDS = 10.0
"""Seconds: a longer silence in the recording is cut to this."""
SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
"""Multiples of the recording's own pace that a key goes through."""


class ReplayProgress(msgspec.Struct, frozen=True):
    """The position of the replay."""

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
        """`speed` is a multiple of the recorded pace; 0 goes to the end at once."""
        self.recorded_entries: list[Entry] = []
        """The recording, as far as it has been read."""
        self.position = 0
        """How many entries were passed."""
        self.playing = speed > 0
        """True when the clock runs."""
        self.speed = speed or 1.0
        """Times its own pace."""
        self._whole = speed == 0
        self._offsets: list[float] = []
        self._seconds = 0.0
        self._streamed = 0

    def add(self, entry: Entry) -> None:
        """Add one entry to the recording."""
        before = self._offsets[-1] if self._offsets else 0.0
        waited = _seconds_between(self.recorded_entries[-1], entry) if self.recorded_entries else 0.0
        self._offsets.append(before + min(max(waited, 0.0), MAX_WAIT_SECONDS))
        self.recorded_entries.append(entry)

    def advance(self, seconds: float) -> list[Entry]:
        """Advance by `seconds` of real time; returns the entries passed."""
        if self._whole:
            self._seconds = self._total
        elif self.playing:
            self._seconds = min(self._seconds + seconds * self.speed, self._total)
        return self._take_entries(self._count_entries_until(self._seconds))

    def next_entry(self) -> list[Entry]:
        """Pause, and pass one entry."""
        self._pause()
        return self._take_entries_up_to(min(self.position + 1, len(self.recorded_entries)))

    def seek(self, count: int) -> list[Entry] | None:
        """Move to just after `count` entries; returns the entries passed, or None when seeking back."""
        self._whole = False
        count = min(max(count, 0), len(self.recorded_entries))
        if count >= self.position:
            return self._take_entries_up_to(count)
        self.position, self._streamed = 0, 0
        self._seconds = self._offsets[count - 1] if count else 0.0
        return None

    def seek_share(self, share: float) -> int:
        """Return how many entries lie before a share (0 to 1) of the recording's time."""
        return self._count_entries_until(share * self._total)

    def find_step_end(self, by: int) -> int:
        """Return how many entries lie before the end of the next or previous step."""
        starts = [index for index, entry in enumerate(self.recorded_entries) if _opens_step(entry)]
        ends = [*starts[1:], len(self.recorded_entries)] if starts else [len(self.recorded_entries)]
        if by > 0:
            return next((end for end in ends if end > self.position), len(self.recorded_entries))
        return next((end for end in reversed(ends) if end < self.position), starts[0] + 1 if starts else 0)

    def toggle(self) -> None:
        """Play or pause; the screen handles playing again from the end."""
        self._whole = False
        self.playing = not self.playing

    def change_speed(self, by: int) -> None:
        """A faster or a slower pace."""
        near = min(range(len(SPEEDS)), key=lambda index: abs(SPEEDS[index] - self.speed))
        self.speed = SPEEDS[min(max(near + by, 0), len(SPEEDS) - 1)]

    @property
    def ended(self) -> bool:
        """Return whether all entries have been passed."""
        return self.position == len(self.recorded_entries)

    @property
    def progress(self) -> ReplayProgress:
        """Return the current position."""
        step = self.recorded_entries[self.position - 1].step if self.position else 0
        total = self._total
        share = self._seconds / total if total else float(self.ended)
        return ReplayProgress(
            share, self._seconds, total, step, max((entry.step for entry in self.recorded_entries), default=0)
        )

    def new_fragments(self) -> list[Delta]:
        """Return the fragments that the model would have streamed since the last call."""
        if (
            self.position == 0
            or self.ended
            or not isinstance(self.recorded_entries[self.position - 1].event, StepStarted)
        ):
            return []
        began, ends = self._offsets[self.position - 1], self._offsets[self.position]
        coming = self._next_step_fragments()
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

    def _next_step_fragments(self) -> list[Delta]:
        """Return all that the model wrote in the next step, up to where its calls begin."""
        found: list[Delta] = []
        for entry in self.recorded_entries[self.position : self.position + 3]:
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

    def _pause(self) -> None:
        self.playing = self._whole = False

    def _count_entries_until(self, seconds: float) -> int:
        """Return how many entries are before a moment, or at it."""
        count = self.position if self.position and self._offsets[self.position - 1] <= seconds else 0
        while count < len(self.recorded_entries) and self._offsets[count] <= seconds:
            count += 1
        return count

    def _take_entries_up_to(self, count: int) -> list[Entry]:
        self._seconds = self._offsets[count - 1] if count else 0.0
        return self._take_entries(count)

    def _take_entries(self, count: int) -> list[Entry]:
        passed = self.recorded_entries[self.position : count]
        if passed:
            self.position, self._streamed = count, 0
        return passed


def _opens_step(entry: Entry) -> bool:
    return isinstance(entry.event, QuestionAsked | StepStarted | TurnFinished)


def _seconds_between(earlier: Entry, later: Entry) -> float:
    return (datetime.fromisoformat(later.at) - datetime.fromisoformat(earlier.at)).total_seconds()
