"""A scene for every action: it plays the action's key on a stage and checks what came of it."""

from textual.command import CommandPalette

from kimi_tui import commands, events
from kimi_tui.cli.setup_service import FileSetup
from kimi_tui.config import load_settings
from kimi_tui.session import SearchHit, VerificationCheck
from kimi_tui.tui.actions import ACTIONS
from kimi_tui.tui.messages import OpenRequested
from kimi_tui.tui.panels.budgets import BudgetsPanel
from kimi_tui.tui.panels.call_map import MapPanel
from kimi_tui.tui.panels.context import ContextPanel
from kimi_tui.tui.panels.egress import EgressPanel
from kimi_tui.tui.panels.health import HealthPanel
from kimi_tui.tui.panels.memo import MemoPanel
from kimi_tui.tui.panels.plan import PlanPanel
from kimi_tui.tui.panels.rules import RulesPanel
from kimi_tui.tui.panels.sources import SourcesPanel
from kimi_tui.tui.screens.dialog import Dialog
from kimi_tui.tui.screens.help import HelpScreen
from kimi_tui.tui.screens.library import LibraryScreen
from kimi_tui.tui.screens.session import SessionScreen
from kimi_tui.tui.setup.model_picker import ModelPicker
from kimi_tui.tui.setup.screen import SetupScreen
from kimi_tui.tui.setup.settings_screen import SettingsScreen
from kimi_tui.tui.widgets.ask_line import AskLine
from kimi_tui.tui.widgets.text_view import TextView
from tests.tui import approval_scenes, library_scenes, memo_scenes
from tests.tui.scene import SCENES, notices, scene, text_of
from tests.tui.sessions import finished_session
from tests.tui.stage import Stage
from tests.tui.test_hostile_text import screen_text

__all__ = ["SCENES", "approval_scenes", "library_scenes", "memo_scenes"]


@scene("session.pause")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape", key)
    await stage.until(lambda: stage.screen.state.name == "paused")
    await stage.press("escape", key)
    await stage.until(lambda: stage.screen.state.name == "running")
    assert stage.session.commands == [commands.Pause(), commands.Resume()]


@scene("session.interrupt")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape", key)
    await stage.until(lambda: stage.session.commands == [commands.Interrupt()])


@scene("session.act")
async def _(stage: Stage, key: str) -> None:
    step = stage.session.state.run.step + 1
    await stage.session.tell(events.StepStarted(step, "", 0))
    await stage.press("escape", key)
    await stage.until(lambda: stage.session.commands == [commands.Act()])
    await stage.session.tell(events.StepFailed("The server is gone.", "unreachable", 1, wait=30.0))
    await stage.press(key)
    await stage.until(lambda: stage.session.commands == [commands.Act(), commands.Resume()])


@scene("session.verify")
async def _(stage: Stage, key: str) -> None:
    broken = VerificationCheck("sources", False, "S1 is not what was read")
    stage.library.checks["s1"] = [VerificationCheck("chain", True, "16 entries"), broken]
    await stage.press("escape", key)
    await stage.until(lambda: "1 check of 2 failed." in screen_text(stage.app))
    assert screen_text(stage.app).index("sources: FAILED") < screen_text(stage.app).index("chain: ok")


@scene("session.stop")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape", key)
    await stage.until(lambda: stage.screen.state.name == "stopped")
    assert stage.session.commands == [commands.Stop()]


@scene("session.plan")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape", key)
    await stage.until(lambda: isinstance(stage.app.screen, PlanPanel))
    stage.app.screen.query_one(AskLine).set_text("[x] look\n[~] compare\nwrite")
    await stage.press("enter")
    await stage.until(lambda: isinstance(stage.app.screen, SessionScreen))
    steps = (events.PlanStep("look", "done"), events.PlanStep("compare", "doing"), events.PlanStep("write"))
    assert stage.session.commands == [commands.EditPlan(steps)]
    assert stage.screen.state.plan.steps == steps


@scene("session.search")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape", key, *"margin")
    await stage.until(lambda: "match" in text_of(stage, "#search-count"))
    await stage.press("escape")
    assert not stage.find("#search").display


@scene("session.next")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape", "slash", *"margin")
    before = stage.screen.timeline.found.position
    await stage.press(key)
    assert stage.screen.timeline.found.position != before


@scene("session.previous")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape", "slash", *"margin")
    before = stage.screen.timeline.found.position
    await stage.press(key)
    moved = stage.screen.timeline.found.position
    assert moved != before
    await stage.press("f3")
    assert stage.screen.timeline.found.position == before


async def _searched(stage: Stage) -> None:
    """A search whose words are in a source alone."""
    stage.library.hits = [SearchHit("s1", 0, "source", "the second page", "S1", "p.2", "Annual report")]
    await stage.press("escape", "slash", *"second page")
    await stage.until(lambda: stage.screen.search.has_places)


@scene("search.next")
async def _(stage: Stage, key: str) -> None:
    await _searched(stage)
    await stage.press(key)
    assert stage.find("#places").has_focus
    await stage.press("escape", *["backspace"] * 11, *"margin")
    await stage.until(lambda: stage.screen.timeline.found.position)
    before = stage.screen.timeline.found.position
    await stage.press(key)
    assert stage.screen.timeline.found.position != before


@scene("search.places")
async def _(stage: Stage, key: str) -> None:
    await _searched(stage)
    await stage.press(key)
    assert stage.find("#places").has_focus
    await stage.press(key)
    assert stage.find("#search-line").has_focus


@scene("session.widen")
async def _(stage: Stage, key: str) -> None:
    await _searched(stage)
    await stage.press(key)
    await stage.until(lambda: ("second page", "") in stage.library.searched)
    await stage.press(key)
    await stage.until(lambda: stage.library.searched[-1] == ("is:source second page", "s1"))


@scene("session.follow")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape", "Z", "home")
    await stage.until(lambda: not stage.screen.timeline.viewport.following)
    await stage.press(key)
    await stage.until(lambda: stage.screen.timeline.viewport.following)


@scene("session.fold")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape", "Z")
    unfolded = stage.screen.timeline.virtual_size.height
    await stage.press(key)
    assert stage.screen.timeline.virtual_size.height < unfolded


@scene("session.unfold")
async def _(stage: Stage, key: str) -> None:
    folded = stage.screen.timeline.virtual_size.height
    await stage.press("escape", key)
    assert stage.screen.timeline.virtual_size.height > folded


@scene("session.copy")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape", "home", "up", key)
    assert "operating margin" in stage.app.clipboard


@scene("session.withdraw")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape")
    stage.screen.timeline.selection.jump_to_call("c2")
    await stage.press(key)
    await stage.until(lambda: isinstance(stage.app.screen, Dialog))
    await stage.press(*"stale", "enter")
    await stage.until(lambda: stage.session.commands == [commands.Withdraw("c2", "stale")])


@scene("session.side")
async def _(stage: Stage, key: str) -> None:
    assert stage.find("#side").display
    await stage.press("escape", key)
    assert not stage.find("#side").display
    await stage.press(key)
    assert stage.find("#side").display


@scene("session.export")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape", key)
    await stage.until(lambda: isinstance(stage.app.screen, Dialog))
    await stage.press("tab", "right", "enter")
    await stage.until(lambda: stage.library.exported == [("s1", "html", None)])


@scene("session.salvage")
async def _(stage: Stage, key: str) -> None:
    damaged = finished_session("damaged")
    damaged.live, damaged.damage = False, "entry 3 is missing."
    stage.library.held["damaged"] = damaged
    stage.app.post_message(OpenRequested("damaged"))
    await stage.until(lambda: stage.app.screen.query("#damage"))
    await stage.press(key)
    await stage.until(lambda: not damaged.damage)


@scene("session.library")
async def _(stage: Stage, key: str) -> None:
    session = stage.session
    await stage.press("escape", key)
    await stage.until(lambda: isinstance(stage.app.screen, LibraryScreen))
    await stage.until(lambda: session.closed)


def _panel_scene(action: str, panel: type) -> None:
    @scene(action)
    async def _(stage: Stage, key: str) -> None:
        await stage.press("escape", key)
        await stage.until(lambda: isinstance(stage.app.screen, panel))
        await stage.press("escape")
        await stage.until(lambda: isinstance(stage.app.screen, SessionScreen))


_panel_scene("session.memo", MemoPanel)
_panel_scene("session.sources", SourcesPanel)
_panel_scene("session.map", MapPanel)
_panel_scene("session.context", ContextPanel)
_panel_scene("session.budgets", BudgetsPanel)
_panel_scene("session.health", HealthPanel)
_panel_scene("session.rules", RulesPanel)
_panel_scene("session.egress", EgressPanel)


@scene("panel.close")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape", "g")
    await stage.until(lambda: isinstance(stage.app.screen, MapPanel))
    await stage.press(key)
    await stage.until(lambda: isinstance(stage.app.screen, SessionScreen))


@scene("context.restore")
async def _(stage: Stage, key: str) -> None:
    await stage.session.tell(events.ContextCompacted("hide", ("c2",)))
    await _context(stage)
    await stage.press(*["down"] * 5, key)
    await stage.until(lambda: stage.session.commands == [commands.Unhide("c2")])


@scene("context.keep")
async def _(stage: Stage, key: str) -> None:
    await stage.session.tell(events.CompactionProposed("hide", ("c1", "c2"), 0, 900, 500, ask=True))
    await _context(stage)
    assert "2 to leave: 900 to 500" in screen_text(stage.app)
    await stage.press(*["down"] * 3, key)
    await stage.until(lambda: "1 to leave" in screen_text(stage.app))


@scene("context.release")
async def _(stage: Stage, key: str) -> None:
    await stage.session.tell(events.CompactionProposed("hide", ("c1", "c2"), 0, 900, 500, ask=True))
    await _context(stage)
    await stage.press(*["down"] * 3, "k", key)
    await stage.until(lambda: stage.session.commands == [commands.Compact(("c1",))])


async def _context(stage: Stage) -> None:
    await stage.press("escape", "c")
    await stage.until(lambda: isinstance(stage.app.screen, ContextPanel))


@scene("budgets.raise")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape", "b", key)
    await stage.until(lambda: stage.session.commands == [commands.RaiseBudget("steps", 150.0)])


@scene("sources.copy")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape", "s", key)
    assert stage.app.clipboard == "[S1]"
    await stage.press("enter")
    await stage.until(lambda: "[S1 p.1]" in screen_text(stage.app))
    stage.app.screen.query_one(TextView).go_to(2)
    await stage.press("down", key)
    assert stage.app.clipboard.startswith("[S1")


@scene("app.palette")
async def _(stage: Stage, key: str) -> None:
    await stage.press(key)
    await stage.until(lambda: isinstance(stage.app.screen, CommandPalette))


@scene("app.help")
async def _(stage: Stage, key: str) -> None:
    await stage.press(key)
    await stage.until(lambda: isinstance(stage.app.screen, HelpScreen))
    assert {action.id for action in ACTIONS} <= set(stage.row_ids("#help"))


@scene("app.setup")
async def _(stage: Stage, key: str) -> None:
    await stage.press(key)
    assert "config --edit" in notices(stage), "a replay in a test has no settings file to change"
    stage.app.setup = FileSetup(load_settings(), lambda _: None)
    await stage.press(key, key)
    await stage.until(lambda: isinstance(stage.app.screen, SetupScreen))
    await stage.press("escape")
    assert not any(isinstance(screen, SetupScreen) for screen in stage.app.screen_stack)


@scene("app.theme")
async def _(stage: Stage, key: str) -> None:
    await stage.press(key, "end")
    assert stage.app.theme == "kimi-plain"
    await stage.press("escape")
    assert stage.app.theme == "kimi-dark"


@scene("app.model")
async def _(stage: Stage, key: str) -> None:
    await stage.press(key)
    assert "config --edit" in notices(stage), "a test has no settings file to change"
    stage.app.setup = FileSetup(load_settings(), lambda _: None)
    await stage.press(key, key)
    await stage.until(lambda: isinstance(stage.app.screen, ModelPicker))


@scene("app.settings")
async def _(stage: Stage, key: str) -> None:
    await stage.press(key)
    assert "config --edit" in notices(stage), "a test has no settings file to change"
    stage.app.setup = FileSetup(load_settings(), lambda _: None)
    await stage.press(key, key)
    await stage.until(lambda: isinstance(stage.app.screen, SettingsScreen))
    await stage.press("escape")
    assert not any(isinstance(screen, SettingsScreen) for screen in stage.app.screen_stack)


@scene("app.suspend")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape", key)  # in a line it takes back a change
    assert "no shell" in notices(stage)


@scene("app.cancel")
async def _(stage: Stage, key: str) -> None:
    await stage.press("a", key)
    line = stage.screen.query_one("#ask", AskLine)
    assert (line.text, stage.session.commands) == ("", [])
    await stage.press(key)
    await stage.until(lambda: stage.session.commands == [commands.Interrupt()])
    await stage.session.tell(events.TurnFinished("stopped"))
    await stage.until(lambda: not stage.screen.state.run.turn_open)
    await stage.press(key)
    assert "^q leaves" in notices(stage)
    assert stage.session.commands == [commands.Interrupt()]


@scene("timeline.write")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape")
    assert stage.screen.timeline.has_focus
    await stage.press(key)
    assert isinstance(stage.app.focused, AskLine)


@scene("app.leave")
async def _(stage: Stage, key: str) -> None:
    await stage.press(key)
    await stage.until(lambda: isinstance(stage.app.screen, Dialog))
    await stage.press("escape")
    await stage.press(key)
    await stage.until(lambda: isinstance(stage.app.screen, Dialog))
    await stage.press("right", "right", "enter")
    await stage.until(lambda: not stage.app.is_running)
    assert stage.library.held["s1"].commands == [commands.Pause()]
