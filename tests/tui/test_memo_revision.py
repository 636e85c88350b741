"""Contents of a long memo, its revision, and what the revision changed."""

import pytest

from kimi_tui import commands, events
from kimi_tui.tui.panels.changes import ChangesPanel
from kimi_tui.tui.panels.memo import MemoPanel
from kimi_tui.tui.screens.contents import ContentsScreen
from kimi_tui.tui.screens.dialog import Dialog
from kimi_tui.tui.screens.resting import RestingScreen
from kimi_tui.tui.screens.session import SessionScreen
from tests.tui.cited_memo import MEMO, cited_session
from tests.tui.scene import notices, text_of
from tests.tui.sessions import MemoryLibrary
from tests.tui.stage import Stage, staged
from tests.tui.test_hostile_text import screen_text
from tests.tui.test_memo_citations import open_memo

LONG = "\n".join(f"## Part {n} of the memo\n\nIn part {n} the brand is strong [S1 p.1].\n" for n in range(1, 31))


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (60, 20)])
async def test_contents_go_to_the_chosen_heading(size: tuple[int, int]) -> None:
    async with staged(MemoryLibrary(cited_session(LONG)), session_id="s1", size=size) as stage:
        await open_memo(stage)
        assert "Part 20 of the memo" not in screen_text(stage.app)
        await stage.press("c")
        await stage.until(lambda: isinstance(stage.app.screen, ContentsScreen))
        assert "Acme in 2025" in screen_text(stage.app)
        await stage.press(*["down"] * 20, "enter")
        await stage.until(lambda: isinstance(stage.app.screen, MemoPanel))
        await stage.until(lambda: "Part 20 of the memo" in screen_text(stage.app))
        lines = [line.strip() for line in screen_text(stage.app).split("\n")]
        assert any(line.startswith("In part 20") for line in lines)
        assert not any(line.startswith("In part 18") for line in lines)


async def _revised(stage: Stage) -> None:
    text = MEMO.replace("$46,309", "$46,310").replace("Margins will recover next year.", "")
    await stage.session.tell(events.QuestionAsked("Shorter"), cited_session(text).entries[-1].event)
    await stage.until(lambda: "v shows it" in text_of(stage, "#sheet-title"))


async def test_changes_show_the_words_and_findings_that_differ() -> None:
    async with staged(MemoryLibrary(cited_session()), session_id="s1", size=(120, 40)) as stage:
        await open_memo(stage)
        await stage.press("v")
        assert "There is no memo before this one" in notices(stage)
        await _revised(stage)
        assert "1 removed, 1 reworded, 1 with another finding" in text_of(stage, "#sheet-title")
        await stage.press("v")
        await stage.until(lambda: isinstance(stage.app.screen, ChangesPanel))
        shown = screen_text(stage.app)
        assert "reworded \u00b7 supported -> " in shown
        assert "[-46,309-]{+46,310+}" in shown
        assert "removed \u00b7 unchecked" in shown
        assert "Margins will recover next year." in shown
        assert "The brand remains strong" not in shown, "what is the same is left out"


async def test_revise_with_a_ready_wish_asks_a_follow_up() -> None:
    session = cited_session()
    async with staged(MemoryLibrary(session), session_id="s1") as stage:
        await open_memo(stage)
        await stage.press("r")
        await stage.until(lambda: isinstance(stage.app.screen, Dialog))
        await stage.press("1", "enter")
        await stage.until(lambda: len(session.commands) == 1)
        [asked] = session.commands
        assert isinstance(asked, commands.AskQuestion)
        assert asked.text.startswith("Revise your last memo: Make it half as long.")


async def test_revise_with_an_empty_line_asks_nothing() -> None:
    session = cited_session()
    async with staged(MemoryLibrary(session), session_id="s1") as stage:
        await open_memo(stage)
        await stage.press("r")
        await stage.until(lambda: isinstance(stage.app.screen, Dialog))
        await stage.press("enter")
        await stage.until(lambda: "Nothing was asked for" in notices(stage))
        assert session.commands == []


async def test_statements_of_a_source_opened_from_the_session_lead_to_the_memo() -> None:
    async with staged(MemoryLibrary(cited_session()), session_id="s1", size=(120, 40)) as stage:
        await stage.press("escape", "s", "b")
        await stage.until(lambda: isinstance(stage.app.screen, RestingScreen))
        assert "6 on S1" in screen_text(stage.app)
        await stage.press("down", "enter")
        await stage.until(lambda: isinstance(stage.app.screen, MemoPanel))
        await stage.until(lambda: text_of(stage, "#memo-note").startswith("supported"))
        await stage.press("escape")
        await stage.until(lambda: isinstance(stage.app.screen, SessionScreen))
