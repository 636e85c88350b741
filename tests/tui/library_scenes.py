"""Scenes of the lines and of the library."""

from pathlib import Path

from kimi_tui.tui.panels.memo import MemoPanel
from kimi_tui.tui.panels.sources import SourcesPanel
from kimi_tui.tui.screens.dialog import Dialog
from kimi_tui.tui.widgets.ask_line import AskLine
from kimi_tui.tui.widgets.text_line import TextLine
from kimi_tui.tui.widgets.text_view import TextView
from tests.tui.cited_memo import cited_session
from tests.tui.scene import notices, scene, text_of
from tests.tui.sessions import finished_session
from tests.tui.stage import Stage
from tests.tui.test_hostile_text import screen_text


@scene("line.send")
async def _(stage: Stage, key: str) -> None:
    await stage.press("W", "h", "y", key)
    await stage.opened()
    assert stage.session.state.run.questions == ["Why"]


@scene("line.editor")
async def _(stage: Stage, key: str) -> None:
    await stage.press("a", key, "b")
    assert stage.app.screen.query_one(AskLine).text == "ab"
    assert "The text is unchanged" in notices(stage), "a stage has no terminal to lend"


@scene("line.newline")
async def _(stage: Stage, key: str) -> None:
    await stage.press("a", key, "b")
    assert stage.app.screen.query_one(AskLine).text == "a\nb"


@scene("line.end")
async def _(stage: Stage, key: str) -> None:
    await stage.press("a", "b", "home", key)
    assert stage.app.screen.query_one(AskLine).text == "b", "in a text it deletes"
    await stage.press(key, key)
    await stage.until(lambda: isinstance(stage.app.screen, Dialog))


@scene("line.leave")
async def _(stage: Stage, key: str) -> None:
    assert isinstance(stage.app.focused, AskLine)
    await stage.press(key)
    assert not isinstance(stage.app.focused, AskLine)


@scene("library.new")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape", key)
    assert isinstance(stage.app.focused, AskLine)


@scene("library.open")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape", key)
    await stage.opened()
    assert stage.session.id == "s2"


@scene("library.search")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape", key, *"nothing has this")
    assert stage.app.screen.query_one("#search-line", TextLine).value == "nothing has this"
    await stage.until(lambda: not stage.row_ids())
    await stage.press("escape")
    await stage.until(lambda: stage.session_ids() == ["s2", "s1"])


@scene("library.replay")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape", key)
    await stage.opened()
    assert stage.library.replayed == ["s2"]
    assert not stage.screen.bridge.session.live


async def _preview_of_a_memo(stage: Stage) -> TextView:
    stage.library.held["cited"] = cited_session(session_id="cited")
    await stage.press("escape", "f5")
    await stage.until(lambda: "cited" in stage.row_ids())
    while stage.first.rows.current != "cited":
        await stage.press("down")
    await stage.press("space")
    view = stage.first.query_one("#glance", TextView)
    await stage.until(lambda: any("What happened" in line.text for line in view.lines))
    return view


@scene("library.cite")
async def _(stage: Stage, key: str) -> None:
    view = await _preview_of_a_memo(stage)
    await stage.press(key)
    assert "S1" in str([view.lines[line].text for line in view._chosen])


@scene("library.uncite")
async def _(stage: Stage, key: str) -> None:
    view = await _preview_of_a_memo(stage)
    await stage.press(key)
    last = dict(view._chosen)
    await stage.press("c", key)
    assert view._chosen == last


@scene("library.source")
async def _(stage: Stage, key: str) -> None:
    await _preview_of_a_memo(stage)
    await stage.press("c", key)
    await stage.until(lambda: isinstance(stage.app.screen, SourcesPanel))


@scene("library.memo")
async def _(stage: Stage, key: str) -> None:
    stage.library.held["s2"] = cited_session(session_id="s2")
    stage.library.lines["s2"] = stage.library.held["s2"].summary(findings={"statements": 7})
    await stage.press("escape", "f5")
    await stage.until(lambda: stage.first.sessions["s2"].findings)
    await stage.press(key)
    await stage.until(lambda: isinstance(stage.app.screen, MemoPanel))
    await stage.press("tab", "enter")
    await stage.until(lambda: isinstance(stage.app.screen, SourcesPanel))
    await stage.until(lambda: "46,309 in Revenues" in screen_text(stage.app))


@scene("library.export")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape", key)
    await stage.until(lambda: isinstance(stage.app.screen, Dialog))
    await stage.press(*"memo.md", "enter")
    await stage.until(lambda: stage.library.exported)
    assert stage.library.exported == [("s2", "md", Path("memo.md"))]
    await stage.until(lambda: "Written to memo.md" in notices(stage))


@scene("library.verify")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape", key)
    await stage.until(lambda: "Everything holds." in screen_text(stage.app))
    await stage.press("escape")
    await stage.until(lambda: stage.app.screen is stage.screen)


@scene("library.look")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape", key)
    assert stage.find("#glance").display
    await stage.until(lambda: "Tharnholm's margin in 2024" in screen_text(stage.app))
    await stage.press(key)
    assert not stage.find("#glance").display


@scene("library.view")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape", key, key)
    assert text_of(stage, "#view") == "1 of 2 sessions · by date · running"
    assert stage.session_ids() == ["s1"]


@scene("library.group")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape", key)
    assert stage.row_ids() == ["heading Finished", "s2", "blank Running", "heading Running", "s1"]


@scene("library.pin")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape", "down", key)
    await stage.until(lambda: stage.row_ids()[:2] == ["heading Pinned", "s1"])
    await stage.press(key)
    await stage.until(lambda: stage.session_ids() == ["s2", "s1"])


@scene("library.rename")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape", key)
    await stage.until(lambda: isinstance(stage.app.screen, Dialog))
    await stage.press(*"Margins", "enter")
    await stage.until(lambda: "Margins" in screen_text(stage.app))
    assert stage.library.labels == {"s2": ("Margins", False)}


@scene("library.delete")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape", key)
    await stage.until(lambda: stage.session_ids() == ["s1"])
    assert "brings it back" in notices(stage)


@scene("library.undo")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape", key, "d")
    await stage.until(lambda: stage.session_ids() == ["s1"])
    await stage.press(key)
    await stage.until(lambda: stage.session_ids() == ["s2", "s1"])


@scene("library.suggestions")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape", key, "down", "enter")
    assert stage.app.screen.query_one(AskLine).text == "Which company has the largest backlog?"
    assert isinstance(stage.app.focused, AskLine)


@scene("library.refresh")
async def _(stage: Stage, key: str) -> None:
    stage.library.held["s3"] = finished_session("s3")
    await stage.press(key)
    await stage.until(lambda: "s3" in stage.session_ids())
