"""Scenes of the approval card and of replays."""

from kimi_tui import commands, events
from kimi_tui.tui.screens.replay import ReplayScreen
from kimi_tui.tui.widgets.ask_line import AskLine
from kimi_tui.tui.widgets.text_line import TextLine
from tests.tui.scene import scene
from tests.tui.sessions import proposed
from tests.tui.stage import Stage


async def _longer_than_the_card(stage: Stage, key: str) -> None:
    """Read on in a call whose arguments are longer than the card."""
    call = proposed("c9", url="https://example.org/" + "long-" * 3_000)
    stage.session.record(call, events.PolicyDecided("c9", "ask", "r"), events.ApprovalRequested("c9", "r", "why"))
    await stage.session.tell(events.SteerReceived("x"))
    await stage.until(lambda: len(stage.screen.state.calls.waiting) == 4)
    await stage.press("escape", "left_square_bracket", key)
    await stage.until(lambda: stage.find("#approval-body").scroll_offset.y > 0)


@scene("approval.approve")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape")
    await stage.calm()
    await stage.press(key)
    await stage.until(lambda: stage.session.commands == [commands.Approve("c3")])


@scene("approval.now")
async def _(stage: Stage, key: str) -> None:
    assert isinstance(stage.app.focused, AskLine)
    await stage.calm()
    await stage.press(key)
    await stage.until(lambda: stage.session.commands == [commands.Approve("c3")])


@scene("approval.edit")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape")
    await stage.calm()
    await stage.press(key)
    await stage.until(lambda: isinstance(stage.app.focused, AskLine))
    await stage.press("x")
    await stage.calm()
    await stage.press("enter")
    edited = {"url": "https://example.org/notice-3x", "reason": "the restatement"}
    await stage.until(lambda: stage.session.commands == [commands.Approve("c3", edited)])


@scene("approval.always")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape")
    await stage.calm()
    await stage.press(key)
    assert stage.app.screen.query_one("#approval-line", TextLine).value == "open_page network example.org"
    await stage.calm()
    await stage.press("enter")
    rule = commands.ApproveAlways("c3", "open_page network example.org")
    await stage.until(lambda: stage.session.commands == [rule, commands.Approve("c4"), commands.Approve("c5")])


@scene("approval.veto")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape")
    await stage.calm()
    await stage.press(key, *"not now")
    await stage.calm()
    await stage.press("enter")
    await stage.until(lambda: stage.session.commands == [commands.Veto("c3", "not now")])


@scene("approval.all")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape")
    await stage.calm()
    await stage.press(key)
    assert not stage.session.commands, "it asks once"
    await stage.calm()
    await stage.press(key)
    await stage.until(lambda: stage.session.commands == [commands.Approve(f"c{n}") for n in (3, 4, 5)])


@scene("approval.next")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape", key)
    assert stage.screen.card.call is not None
    assert stage.screen.card.call.id == "c4"


@scene("approval.previous")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape", key)
    assert stage.screen.card.call is not None
    assert stage.screen.card.call.id == "c5"


@scene("approval.down")
async def _(stage: Stage, key: str) -> None:
    await _longer_than_the_card(stage, key)


@scene("approval.up")
async def _(stage: Stage, key: str) -> None:
    await _longer_than_the_card(stage, "shift+down")
    await stage.press(key)
    assert stage.find("#approval-body").scroll_offset.y == 0


async def _replayed(stage: Stage) -> ReplayScreen:
    await stage.until(lambda: isinstance(stage.app.screen, ReplayScreen) and stage.app.screen.playhead.ended)
    screen = stage.app.screen
    assert isinstance(screen, ReplayScreen)
    return screen


@scene("replay.play")
async def _(stage: Stage, key: str) -> None:
    screen = await _replayed(stage)
    await stage.press(key)
    await stage.until(lambda: screen.playhead.playing)
    await stage.press(key)
    assert not screen.playhead.playing


@scene("replay.next")
async def _(stage: Stage, key: str) -> None:
    screen = await _replayed(stage)
    await stage.press("left_square_bracket")
    await stage.until(lambda: not screen.playhead.ended)
    before = screen.playhead.position
    await stage.press(key)
    await stage.until(lambda: screen.playhead.position == before + 1)


@scene("replay.forward")
async def _(stage: Stage, key: str) -> None:
    screen = await _replayed(stage)
    await stage.press("left_square_bracket")
    await stage.until(lambda: not screen.playhead.ended)
    await stage.press(key)
    await stage.until(lambda: screen.playhead.ended)


@scene("replay.back")
async def _(stage: Stage, key: str) -> None:
    screen = await _replayed(stage)
    await stage.press(key)
    await stage.until(lambda: screen.state.run.seq < len(screen.playhead.recorded_entries))


@scene("replay.faster")
async def _(stage: Stage, key: str) -> None:
    screen = await _replayed(stage)
    await stage.press(key)
    assert screen.playhead.speed == 2.0


@scene("replay.slower")
async def _(stage: Stage, key: str) -> None:
    screen = await _replayed(stage)
    await stage.press(key)
    assert screen.playhead.speed == 0.5
