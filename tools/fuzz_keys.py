"""Random bursts of keys over the whole app: a burst must do what the same keys do one by one.

`python -m tools.fuzz_keys [--bursts 20000] [--seed 0] [--workers 2]` plays the same bursts in two apps, one gets all
keys of a burst at once and the other one after another, and compares what each has come to. Every difference is
printed with its bursts, and whatever ends the app or its process, or keeps it from an end, with its seed; the exit
code is 1. Each seed has a process of its own, so that what one does is lost to no other. Beside each of them a burst of
letters alone is played outside the line: it may run no command and decide nothing.
"""

import argparse
import asyncio
import random
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from textual import events as screen_events
from textual._time import get_time
from textual.keys import _character_to_key
from textual.widgets import Input, TextArea

from kimi_tui.config import UiSettings
from kimi_tui.tui.actions import typed_character
from kimi_tui.tui.key_queue import TOGETHER_SECONDS
from tests.tui.sessions import MemoryLibrary, finished_session, running_session, waiting_session
from tests.tui.stage import Stage, staged

OPENERS = ("slash", "n", "f2", "e", "x", "a", "s", "m", "g", "c", "b", "h", "r", "o", "v", "z", "l", "f", "space", "f1")
"""Keys that open a line, a dialog, a panel or another screen, or change the look of one."""
MOVES = ("enter", "escape", "tab", "up", "down", "left", "right", "backspace", "ctrl+j", "f4", "f3", "ctrl+p", "home")
WORDS = ("interest income", "why?", "yes", "no", "1", "pause it", "delete this", "x y", "/mem", "/s", "/nothing", "@th")
LETTERS = "yYnNaAeEpitSxdpukbwoslrz+-]. /0123456789qjvcmghf"
"""What bursts of letters alone are made of: above all keys that act."""
BURSTS_PER_APP = 25
"""Bursts played in one app before the next one is made."""
BURSTS_PER_SEED = 100
"""Bursts played in one process."""
MAX_BURST_KEYS = 6
"""Most keys and words of one burst."""
MAX_KEY_SECONDS = 300.0
"""How long the keys of a burst may take before they count as without an end."""
MAX_SEED_SECONDS = 900.0
"""How long the bursts of one seed may take before they count as without an end; forty or so on an idle machine."""
SIZES = ((80, 24), (120, 40), (100, 30))
SCENES = ("library", "running", "waiting", "finished", "replay")


def library_of(scene: str) -> tuple[MemoryLibrary, dict[str, Any]]:
    """A library for a scene, and what the app is started with."""
    first = {"waiting": waiting_session("s1", 2), "finished": finished_session("s1")}.get(scene, running_session("s1"))
    library = MemoryLibrary(first, finished_session("s2"), finished_session("s3"))
    options: dict[str, Any] = {} if scene == "library" else {"session_id": "s1"}
    return library, options | ({"replay_speed": 0.0} if scene == "replay" else {})


def random_burst(chance: random.Random) -> list[str]:
    """The keys of one burst, in Textual's names."""
    keys: list[str] = []
    for _ in range(chance.randint(1, MAX_BURST_KEYS)):
        roll = chance.random()
        if roll < 0.4:
            keys.append(chance.choice(OPENERS))
        elif roll < 0.8:
            keys.append(chance.choice(MOVES))
        else:
            keys += [_character_to_key(letter) for letter in chance.choice(WORDS)]
    return keys


def key_event(key: str) -> screen_events.Key:
    """The event that the driver makes of a key."""
    return screen_events.Key(key, typed_character(key))


async def settle(stage: Stage) -> None:
    """Wait until all keys have done what they do, and draw the screen."""
    await take_effect(stage)
    if stage.app.is_running:
        await stage.pilot.pause()
        await take_effect(stage)


async def take_effect(stage: Stage) -> None:
    """Wait until all keys have done what they do; drawing would take more than half of the time of a burst."""
    app = stage.app
    until = asyncio.get_running_loop().time() + MAX_KEY_SECONDS
    while app.is_running:
        await stage.pilot._wait_for_screen(MAX_KEY_SECONDS)
        if app.key_queue.is_idle:
            return
        assert asyncio.get_running_loop().time() < until, "a key has no end"
        await asyncio.sleep(0.005)


async def press(stage: Stage, keys: Sequence[str], *, at_once: bool) -> None:
    """Press the keys of one burst; at once means in the same moment, however busy the machine is."""
    moment = get_time()
    for key in keys:
        event = key_event(key)
        if at_once:
            event.time = moment
        if stage.app.is_running:
            stage.app.post_message(event)
        if not at_once:
            await take_effect(stage)
    await settle(stage)


def describe_state(stage: Stage) -> dict[str, object]:
    """Return the app's state, as far as a person can see it."""
    app, library = stage.app, stage.library
    if not app.is_running:
        return {"left": True}
    focused = app.focused
    lines = [line for screen in app.screen_stack for line in screen.query("TextArea, Input")]
    return {
        "screens": [type(screen).__name__ for screen in app.screen_stack],
        "focus": f"{type(focused).__name__}#{focused.id}" if focused is not None else "",
        "texts": {
            f"{type(line.screen).__name__} {line.id}": line.text if isinstance(line, TextArea) else line.value
            for line in lines
            if isinstance(line, TextArea | Input)
        },
        "commands": [command for session in library.held.values() for command in session.commands],
        "library": (sorted(library.held), library.exported, library.replayed, library.labels, sorted(library.trash)),
    }


async def play_app(scene: str, bursts: Sequence[Sequence[str]], *, at_once: bool) -> list[dict[str, object]]:
    """Play bursts in one app; what it came to after each."""
    library, options = library_of(scene)
    size = SIZES[len(bursts[0]) % len(SIZES)]
    came: list[dict[str, object]] = []
    async with staged(library, size=size, ui=UiSettings(bell=False), **options) as stage:
        for keys in bursts:
            await press(stage, keys, at_once=at_once)
            came.append(describe_state(stage))
            if not stage.app.is_running:
                break
            stage.clock.forward(2.0)
        await leave(stage, random.Random(repr(bursts)))
    return came


async def leave(stage: Stage, chance: random.Random) -> None:
    """Leave in the middle of what some keys began: at any moment nothing may miss what has gone."""
    for key in ("escape", "escape", *chance.choices(OPENERS, k=2)):
        if stage.app.is_running:
            stage.app.post_message(key_event(key))
    for _ in range(chance.randrange(60)):
        await asyncio.sleep(0)
    stage.app.exit()


async def play(bursts: int, seed: int) -> list[str]:
    """Play so many bursts in both ways; the differences, each in words."""
    chance = random.Random(seed)
    differences: list[str] = []
    for start in range(0, bursts, BURSTS_PER_APP):
        scene = chance.choice(SCENES)
        played = [random_burst(chance) for _ in range(min(BURSTS_PER_APP, bursts - start))]
        ahead = await play_app(scene, played, at_once=True)
        slowly = await play_app(scene, played, at_once=False)
        for number, (one, other) in enumerate(zip(ahead, slowly, strict=False)):
            if one != other:
                keys = " | ".join(" ".join(keys) for keys in played[: number + 1])
                parts = [f"{name}: {one.get(name)} != {other.get(name)}" for name in one | other]
                wrong = [
                    part for part, name in zip(parts, one | other, strict=True) if one.get(name) != other.get(name)
                ]
                differences.append(f"{scene}: {keys} -> {'; '.join(wrong)}")
                break
    return differences


async def play_text(bursts: int, seed: int) -> list[str]:
    """Play so many bursts of letters alone outside the line; those that ran a command, each in words."""
    chance = random.Random(seed)
    accidents: list[str] = []
    scene = chance.choice(SCENES)
    library, options = library_of(scene)
    async with staged(library, ui=UiSettings(bell=False), together=TOGETHER_SECONDS, **options) as stage:
        for _ in range(bursts):
            for key in ("escape", "escape"):
                stage.app.post_message(key_event(key))
            await take_effect(stage)
            stage.clock.forward(2.0)
            before = _done(stage)
            text = chance.choice([*WORDS, *("".join(chance.choices(LETTERS, k=chance.randint(2, 8))) for _ in WORDS)])
            if not isinstance(stage.app.focused, TextArea | Input):
                await press(stage, [_character_to_key(letter) for letter in text], at_once=True)
            if (after := _done(stage)) != before:
                accidents.append(f"{scene}: {text!r} ran a command: {after}")
    return accidents


def _done(stage: Stage) -> list[object]:
    """Return what was decided, commanded and changed."""
    library = stage.library
    sent = [command for session in library.held.values() for command in session.commands]
    return [sent, sorted(library.trash), dict(library.labels), list(library.exported)]


async def _play_both(bursts: int, seed: int) -> list[str]:
    return await play(bursts, seed) + await play_text(bursts, seed)


def _run(bursts: int, seed: int) -> list[str]:
    return asyncio.run(_play_both(bursts, seed))


def _send_result(results: Connection, work: Callable[[int, int], list[str]], bursts: int, seed: int) -> None:
    results.send(work(bursts, seed))


def play_seed(
    bursts: int,
    seed: int,
    *,
    work: Callable[[int, int], list[str]] = _run,
    seconds: float = MAX_SEED_SECONDS,
) -> list[str]:
    """Play the bursts of a seed in a process of its own; what went wrong, its end before time included.

    The process prints the traceback of what ended it.
    """
    context = get_context("spawn")
    results, sender = context.Pipe(duplex=False)
    process = context.Process(target=_send_result, name=f"seed {seed}", args=(sender, work, bursts, seed), daemon=True)
    process.start()
    sender.close()
    found = [f"came to no end in {seconds:.0f} s"]
    try:
        if results.poll(seconds):
            found = results.recv()
        else:
            process.kill()
        process.join()
    except EOFError:
        process.join()
        found = [f"ended its process with {process.exitcode}, see above"]
    finally:
        results.close()
        process.close()
    return [f"seed {seed} {words}" for words in found]


def main() -> int:
    """Play everything and tell what came of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--bursts", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    edges = [*range(0, options.bursts, BURSTS_PER_SEED), options.bursts]
    shares = [end - begin for begin, end in pairwise(edges)]
    differences: list[str] = []
    with ThreadPoolExecutor(options.workers) as pool:
        for number, found in enumerate(pool.map(play_seed, shares, range(options.seed, options.seed + len(shares))), 1):
            differences += found
            print("".join(f"{words}\n" for words in found), end="", flush=True)
            print(f"\r{sum(shares[:number]):,} bursts, {len(differences)} differences", end="", file=sys.stderr)
    print(file=sys.stderr)
    print(f"{options.bursts:,} bursts, {len(differences)} differences and crashes")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
