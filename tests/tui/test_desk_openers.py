"""Questions to begin with: made-up companies on the sample desk alone, titles of documents on one's own."""

import pytest

from kimi_tui.cli.app import _is_on_sample_desk
from kimi_tui.config import Settings
from kimi_tui.runner.library import SAMPLE_DESK
from kimi_tui.session import DeskReading
from kimi_tui.tui.screens.desk_status import DeskStatus
from kimi_tui.tui.widgets.ask_line import AskLine
from kimi_tui.tui.widgets.row_list import RowList
from kimi_tui.tui.widgets.suggestion_list import make_openers
from tests.tui.sessions import MemoryLibrary
from tests.tui.stage import staged
from tests.tui.test_hostile_text import screen_text

ALL = "What are the documents on this desk about, and where do they disagree?"


@pytest.mark.parametrize(
    ("titles", "openers"),
    [
        ((), ()),
        (("The garden",), ('Summarise "The garden".',)),
        (("The garden", "A recipe"), ('Summarise "The garden".', ALL)),
        (
            ("Report 2024", "Report 2022", "Minutes", "report 2023"),
            ('Summarise "Report 2024".', 'What changed between "report 2023" and "Report 2024"?', ALL),
        ),
        (
            ("plan-v10.md", "plan-v9.md"),
            ('Summarise "plan-v10.md".', 'What changed between "plan-v9.md" and "plan-v10.md"?', ALL),
        ),
        (("Report 2024", "REPORT 2024"), ('Summarise "Report 2024".', ALL)),
    ],
)
def test_make_openers_names_documents_and_compares_only_what_differs_in_numbers(
    titles: tuple[str, ...], openers: tuple[str, ...]
) -> None:
    assert make_openers(titles) == openers


def test_sample_questions_belong_to_the_sample_desk_alone() -> None:
    assert _is_on_sample_desk(Settings())
    assert _is_on_sample_desk(Settings(desk=str(SAMPLE_DESK)))
    assert not _is_on_sample_desk(Settings(desk="/tmp"))


async def test_own_desk_offers_its_documents_once_they_are_read() -> None:
    library = MemoryLibrary()
    library.desk = DeskReading(3, 1, 9, (), 0, True)
    async with staged(library, suggestions=()) as stage:
        suggestions = stage.app.screen.query_one("#suggestions", RowList)
        assert not suggestions.display
        assert "Suggested questions" not in screen_text(stage.app)
        status = stage.app.screen.query_one(DeskStatus)
        library.desk = DeskReading(3, 3, 9, (), 0, False, ("[b]Report[/b] 2024", "[b]Report[/b] 2023"))
        status.refresh_status()
        await stage.until(lambda: 'Summarise "[b]Report[/b] 2024".' in screen_text(stage.app))
        await stage.press("escape", "down", "enter")
        expected = 'What changed between "[b]Report[/b] 2023" and "[b]Report[/b] 2024"?'
        assert stage.app.screen.query_one(AskLine).text == expected


async def test_openers_do_not_move_while_a_person_chooses_one() -> None:
    library = MemoryLibrary()
    library.desk = DeskReading(2, 1, 9, (), 0, False, ("First",))
    async with staged(library, suggestions=()) as stage:
        status = stage.app.screen.query_one(DeskStatus)
        status.refresh_status()
        await stage.until(lambda: 'Summarise "First".' in screen_text(stage.app))
        await stage.press("escape")
        library.desk = DeskReading(2, 2, 99, (), 0, False, ("Second", "First"))
        status.refresh_status()
        await stage.app.workers.wait_for_complete()
        await stage.press("enter")
        assert stage.app.screen.query_one(AskLine).text == 'Summarise "First".'


async def test_suggestions_that_are_given_stay_when_the_desk_is_read() -> None:
    library = MemoryLibrary()
    library.desk = DeskReading(1, 1, 9, (), 0, False, ("First",))
    async with staged(library, suggestions=("A sample question?",)) as stage:
        stage.app.screen.query_one(DeskStatus).refresh_status()
        await stage.app.workers.wait_for_complete()
        await stage.pilot.pause()
        assert "A sample question?" in screen_text(stage.app)
        assert "Summarise" not in screen_text(stage.app)
