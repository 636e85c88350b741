"""Random keys and clicks while an approval card appears: no decision may happen by accident.

`python -m tools.fuzz_card [--sequences 10000] [--seed 0] [--workers 2]` plays sequences of keys, clicks, pastes and
resizes, each beginning shortly before or after a card appears and ending before it has stood still for half a second
without typing. Any decision is printed with its sequence, and whatever ends the app with its seed; the exit code is 1.
"""

import argparse
import asyncio
import random
import sys
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress

from textual import events as screen_events
from textual.errors import NoWidget

from kimi_tui import commands, events
from kimi_tui.config import UiSettings
from kimi_tui.tui.decision_guard import QUIET_SECONDS
from kimi_tui.tui.screens.session import SessionScreen
from kimi_tui.tui.widgets.choice_button import ChoiceButton
from tests.tui.sessions import MemoryLibrary, asked, proposed, running_session
from tests.tui.stage import Stage, staged

DECISIONS = (commands.Approve, commands.ApproveAlways, commands.Veto)
CONTROL = ("enter", "enter", "escape", "tab", "shift+tab", "space", "up", "down", "left", "right", "ctrl+j", "f1", "f3")
KEYS = (*"yeanYyeanYyn12345wsmgcbrpizvkfx o[]/.", *CONTROL, "backspace", "home", "end", "shift+down", "ctrl+p")
SIZES = ((80, 24), (80, 24), (120, 40), (100, 30))
CARDS_PER_APP = 100
"""Cards shown in one app before the next one is made."""
MAX_ACTIONS = 6
"""Most things that happen around one card."""


async def play(sequences: int, seed: int) -> list[str]:
    """Play so many sequences; the accidents, each in words."""
    chance = random.Random(seed)
    accidents: list[str] = []
    left = sequences
    while left:
        played, found = await _play_app(chance, min(CARDS_PER_APP, left))
        accidents += found
        left -= played
    return accidents


async def _play_app(chance: random.Random, cards: int) -> tuple[int, list[str]]:
    """Show so many cards, or fewer when a key has left the session; how many, and the accidents."""
    accidents: list[str] = []
    library = MemoryLibrary(running_session())
    async with staged(library, session_id="s1", size=chance.choice(SIZES), ui=UiSettings(bell=False)) as stage:
        for number in range(cards):
            played = await _play_card(stage, chance, f"c{100 + number}")
            decided = [command for command in stage.session.commands if isinstance(command, DECISIONS)]
            if decided:
                accidents.append(f"{' '.join(played)} -> {decided}")
                stage.session.commands.clear()
            if not _in_session(stage):
                return number + 1, accidents
    return cards, accidents


async def _play_card(stage: Stage, chance: random.Random, call_id: str) -> list[str]:
    """Show a card, let things happen before and after, and take the call away again."""
    session = stage.session
    played = [await random_action(stage, chance) for _ in range(chance.randint(0, 2)) if _in_session(stage)]
    if not _in_session(stage):
        return played
    session.record(proposed(call_id, url=f"https://example.org/{call_id}"))
    await session.tell(events.PolicyDecided(call_id, "ask", "new-host"), asked(call_id))
    await stage.until(lambda: not _in_session(stage) or stage.screen.card.display)
    played.append(f"[{call_id} appears]")
    spent = 0.0
    for _ in range(chance.randint(1, MAX_ACTIONS)):
        step = chance.random() * QUIET_SECONDS / MAX_ACTIONS
        spent += step
        stage.clock.forward(step)
        if not _in_session(stage):
            return played
        played.append(await random_action(stage, chance))
    assert spent < QUIET_SECONDS
    await stage.pilot.pause()
    done = events.ObservationRecorded(call_id, "ok", "Done.")
    await session.tell(events.ApprovalResolved(call_id, "approve"), done)
    await stage.until(lambda: not _in_session(stage) or call_id not in stage.screen.state.calls.open)
    stage.clock.forward(chance.random() * 5)
    return played


def _in_session(stage: Stage) -> bool:
    """Return whether the session is still open; a key may have gone to the library or left the app."""
    return stage.app.is_running and any(isinstance(screen, SessionScreen) for screen in stage.app.screen_stack)


async def random_action(stage: Stage, chance: random.Random) -> str:
    """One key, a click on a choice or anywhere, a paste, or the terminal coming back; what it was, in words."""
    roll = chance.random()
    if roll < 0.72:
        key: str = chance.choice(KEYS)
        stage.app.simulate_key(key)
        return key
    if roll < 0.76:
        stage.app.post_message(screen_events.Paste("yyn"))
        return "paste"
    if roll < 0.78:
        stage.app.post_message(screen_events.AppFocus())
        return "focus"
    choices = [choice for choice in stage.screen.card.query(ChoiceButton) if choice.display and choice.region]
    if roll < 0.93 and stage.app.screen is stage.screen and choices:
        choice = chance.choice(choices)
        await stage.pilot.click(choice)
        return f"click {choice.name}"
    size = stage.app.size
    spot = chance.randrange(size.width), chance.randrange(size.height - 1)  # the footer below may leave the session
    with suppress(NoWidget):  # a screen that has only just come has none yet, and the click goes nowhere
        await stage.pilot.click(offset=spot)
    return f"click {spot}"


def _run(sequences: int, seed: int) -> list[str]:
    return asyncio.run(play(sequences, seed))


def main() -> int:
    """Play everything and tell what came of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sequences", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    shares = [CARDS_PER_APP] * (options.sequences // CARDS_PER_APP)
    shares += [options.sequences % CARDS_PER_APP] if options.sequences % CARDS_PER_APP else []
    accidents: list[str] = []
    with ProcessPoolExecutor(options.workers) as pool:
        played = [pool.submit(_run, share, seed) for seed, share in enumerate(shares, options.seed)]
        for number, future in enumerate(played, 1):
            error = future.exception()
            seed = options.seed + number - 1
            accidents += [f"seed {seed} ended the app: {error!r}"] if error else future.result()
            print(f"\r{sum(shares[:number]):,} sequences, {len(accidents)} accidents", end="", file=sys.stderr)
    print(file=sys.stderr)
    print("\n".join(accidents) or f"{options.sequences:,} sequences, 0 decisions, 0 crashes")
    return 1 if accidents else 0


if __name__ == "__main__":
    sys.exit(main())
