"""The register of scenes: each plays an action with the key that belongs to it, and checks what came of it."""

from collections.abc import Awaitable, Callable

from tests.tui.stage import Stage

Scene = Callable[[Stage, str], Awaitable[None]]
"""Plays an action on a stage with the key that belongs to it, and checks what came of it."""

SCENES: dict[str, Scene] = {}
"""Action id to its scene."""


def scene(action: str) -> Callable[[Scene], Scene]:
    """Register the scene of an action."""

    def register(play: Scene) -> Scene:
        SCENES[action] = play
        return play

    return register


def notices(stage: Stage) -> str:
    return "\n".join(notice.message for notice in stage.app._notifications)


def text_of(stage: Stage, selector: str) -> str:
    return str(stage.find(selector).render())
