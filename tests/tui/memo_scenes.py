"""Scenes of the panel of the memo."""

from kimi_tui import commands, events
from kimi_tui.tui.panels.changes import ChangesPanel
from kimi_tui.tui.panels.memo import MemoPanel
from kimi_tui.tui.panels.sources import SourcesPanel
from kimi_tui.tui.screens.contents import ContentsScreen
from kimi_tui.tui.screens.dialog import Dialog
from kimi_tui.tui.screens.memo_dialogs import revision_question
from kimi_tui.tui.screens.page_picture import PagePictureScreen
from kimi_tui.tui.screens.resting import RestingScreen
from kimi_tui.tui.widgets.picture_view import PictureView
from tests.tools.papers import pdf
from tests.tui.cited_memo import MEMO, TABLES, cited_session, filing
from tests.tui.scene import scene, text_of
from tests.tui.stage import Stage
from tests.tui.test_hostile_text import screen_text

PAGE = pdf("one", "two", "three")


async def _cited_memo(stage: Stage) -> None:
    for one in cited_session().entries[1:]:
        await stage.session.tell(one.event)
    kept = await cited_session().source("S1")
    assert kept is not None
    stage.session.keep(kept)
    await stage.press("escape", "m")
    await stage.until(lambda: "What happened" in screen_text(stage.app))


@scene("memo.next")
async def _(stage: Stage, key: str) -> None:
    await _cited_memo(stage)
    await stage.press(key)
    assert "Citation 1 of 5" in text_of(stage, "#memo-note")


@scene("memo.previous")
async def _(stage: Stage, key: str) -> None:
    await _cited_memo(stage)
    await stage.press(key)
    assert "Citation 5 of 5" in text_of(stage, "#memo-note")


@scene("memo.open")
async def _(stage: Stage, key: str) -> None:
    await _cited_memo(stage)
    await stage.press("tab", key)
    await stage.until(lambda: isinstance(stage.app.screen, SourcesPanel))
    await stage.until(lambda: "46,309 in Revenues" in screen_text(stage.app))


@scene("memo.doubt")
async def _(stage: Stage, key: str) -> None:
    await _cited_memo(stage)
    await stage.press(key)
    assert "Not supported 1 of 4" in text_of(stage, "#memo-note")


@scene("memo.decide")
async def _(stage: Stage, key: str) -> None:
    await _cited_memo(stage)
    await stage.press("n", key)
    await stage.until(lambda: isinstance(stage.app.screen, Dialog))
    await stage.press(*"so it is", "tab", "tab", "tab", "tab", "tab", "enter")
    memo = stage.screen.state.memo.entry
    await stage.until(lambda: stage.session.commands == [commands.DecideStatement(memo, 2, "accept", "so it is")])


@scene("memo.export")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape", "m", key)
    await stage.until(lambda: isinstance(stage.app.screen, Dialog))
    await stage.press("tab", "enter")
    await stage.until(lambda: stage.library.exported == [("s1", "md", None)])


@scene("memo.copy")
async def _(stage: Stage, key: str) -> None:
    memo = {"kind": "memo", "title": "Margins", "text": "They fell.", "citations": [], "sources": [], "uncited": []}
    await stage.session.tell(events.TurnFinished("answered", memo))
    await stage.press("escape", "m")
    await stage.until(lambda: "They fell." in screen_text(stage.app))
    await stage.press(key)
    assert stage.app.clipboard == "# Margins\n\nThey fell."


@scene("memo.contents")
async def _(stage: Stage, key: str) -> None:
    await _cited_memo(stage)
    await stage.press(key)
    await stage.until(lambda: isinstance(stage.app.screen, ContentsScreen))
    await stage.press("down", "enter")
    await stage.until(lambda: isinstance(stage.app.screen, MemoPanel))


async def _memo_with_a_table(stage: Stage) -> None:
    for one in cited_session(TABLES).entries[1:]:
        await stage.session.tell(one.event)
    stage.library.cells_of["S1"] = filing()[1]


@scene("memo.chart")
async def _(stage: Stage, key: str) -> None:
    await _memo_with_a_table(stage)
    await stage.press("escape", "m")
    await stage.until(lambda: "Results" in screen_text(stage.app))
    await stage.press(key)
    await stage.until(lambda: "1 of 2 tables" in text_of(stage, "#sheet-title"))
    await stage.press("escape")
    assert isinstance(stage.app.screen, MemoPanel)


@scene("session.chart")
async def _(stage: Stage, key: str) -> None:
    await stage.press("escape", key)
    assert "there is no memo yet" in text_of(stage, "#sheet-title")
    await stage.press("escape")
    await _memo_with_a_table(stage)
    await stage.press(key)
    await stage.until(lambda: "46,309" in screen_text(stage.app))


@scene("chart.next")
async def _(stage: Stage, key: str) -> None:
    await _memo_with_a_table(stage)
    await stage.press("escape", "C")
    await stage.until(lambda: "46,309" in screen_text(stage.app))
    await stage.pilot.resize_terminal(80, 20)
    await stage.press(key)
    await stage.until(lambda: "Stores is left out" in screen_text(stage.app))


@scene("chart.previous")
async def _(stage: Stage, key: str) -> None:
    await _memo_with_a_table(stage)
    await stage.pilot.resize_terminal(80, 20)
    await stage.press("escape", "C", "tab")
    await stage.until(lambda: "Stores is left out" in screen_text(stage.app))
    await stage.press(key)
    await stage.until(lambda: "Table 1 of 2" in screen_text(stage.app))


@scene("memo.revise")
async def _(stage: Stage, key: str) -> None:
    await _cited_memo(stage)
    await stage.press(key)
    await stage.until(lambda: isinstance(stage.app.screen, Dialog))
    await stage.press(*"shorter", "enter")
    await stage.until(lambda: stage.session.commands == [commands.AskQuestion(revision_question("shorter"))])


@scene("memo.changes")
async def _(stage: Stage, key: str) -> None:
    await _cited_memo(stage)
    revised = cited_session(MEMO.replace("The brand remains strong [S1 p.1].", "The brand is old [S1 p.1]."))
    await stage.session.tell(events.QuestionAsked("Shorter"), revised.entries[-1].event)
    await stage.until(lambda: "1 added, 1 removed" in text_of(stage, "#sheet-title"))
    await stage.press(key)
    await stage.until(lambda: isinstance(stage.app.screen, ChangesPanel))
    assert "The brand is old" in screen_text(stage.app)


@scene("memo.bare")
async def _(stage: Stage, key: str) -> None:
    await _cited_memo(stage)
    await stage.press(key)
    assert "[S1" not in stage.app.clipboard.replace("`[S1 p.1]`", "")
    assert "Revenues were $46,309 million in fiscal 2025." in stage.app.clipboard


@scene("sources.next")
async def _(stage: Stage, key: str) -> None:
    await _cited_memo(stage)
    await stage.press("tab", "enter")
    await stage.until(lambda: "46,309 in Revenues" in screen_text(stage.app))
    await stage.press(key)
    assert "on it; b shows the statements" in text_of(stage, "#cited-note")


@scene("sources.previous")
async def _(stage: Stage, key: str) -> None:
    await _cited_memo(stage)
    await stage.press("tab", "enter")
    await stage.until(lambda: "46,309 in Revenues" in screen_text(stage.app))
    await stage.press("tab")
    before = text_of(stage, "#cited-note")
    await stage.press("tab", key)
    assert text_of(stage, "#cited-note") == before


@scene("sources.statements")
async def _(stage: Stage, key: str) -> None:
    await _cited_memo(stage)
    await stage.press("tab", "enter")
    await stage.until(lambda: isinstance(stage.app.screen, SourcesPanel))
    await stage.until(lambda: "46,309 in Revenues" in screen_text(stage.app))
    await stage.press(key)
    await stage.until(lambda: isinstance(stage.app.screen, RestingScreen))
    assert "3 on S1 p.2" in screen_text(stage.app)
    await stage.press("down", "enter")
    await stage.until(lambda: isinstance(stage.app.screen, MemoPanel))
    await stage.until(lambda: "contradicted" in text_of(stage, "#memo-note"))


async def _page_picture(stage: Stage) -> PictureView:
    await _cited_memo(stage)
    stage.library.files["S1"] = PAGE
    await stage.press("tab", "tab", "enter")
    await stage.until(lambda: stage.app.screen.has_class("-reading"))
    await stage.press("p")
    await stage.until(lambda: isinstance(stage.app.screen, PagePictureScreen))
    view = stage.app.screen.query_one(PictureView)
    await stage.until(lambda: view.picture is not None)
    return view


@scene("sources.picture")
async def _(stage: Stage, key: str) -> None:
    assert key == "p"
    view = await _page_picture(stage)
    assert view.picture is not None
    assert not view.picture.cited  # the stored text is not that of this page


@scene("picture.larger")
async def _(stage: Stage, key: str) -> None:
    view = await _page_picture(stage)
    assert view.picture is not None
    width = view.picture.width
    await stage.press(key)
    await stage.until(lambda: view.picture is not None and view.picture.width > width)


@scene("picture.smaller")
async def _(stage: Stage, key: str) -> None:
    view = await _page_picture(stage)
    assert view.picture is not None
    width = view.picture.width
    await stage.press(key)
    await stage.until(lambda: view.picture is not None and view.picture.width < width)
