"""From a citation of the memo to its source and back, by key and by click, and from doubt to doubt."""

import pytest

from kimi_tui import events
from kimi_tui.commands import DecideStatement
from kimi_tui.config import UiSettings
from kimi_tui.tui.panels.memo import MemoPanel
from kimi_tui.tui.panels.sources import SourcesPanel
from kimi_tui.tui.screens.dialog import Dialog
from kimi_tui.tui.screens.session import SessionScreen
from kimi_tui.tui.timeline.painter import row_key
from kimi_tui.tui.timeline.view import TimelineView
from kimi_tui.tui.widgets.text_view import TextView
from tests.tui.cited_memo import MEMO, cited_session
from tests.tui.pictures import assert_picture
from tests.tui.scene import notices, text_of
from tests.tui.sessions import MemoryLibrary, MemorySession
from tests.tui.stage import Stage, staged
from tests.tui.test_hostile_text import screen_text

SIZES = ((80, 24), (120, 40))


async def open_memo(stage: Stage) -> None:
    await stage.press("escape", "m")
    await stage.until(lambda: isinstance(stage.app.screen, MemoPanel))
    await stage.pilot.pause()


async def until_source(stage: Stage) -> TextView:
    await stage.until(lambda: isinstance(stage.app.screen, SourcesPanel))
    await stage.until(lambda: stage.app.screen.query_one("#cited-note").display)
    await stage.pilot.pause()
    return stage.app.screen.query_one(TextView)


def marked(view: TextView, role: str = "cited") -> list[str]:
    """The marked pieces that are in sight."""
    shown = view._lines[view.scroll_offset.y :][: view.size.height]
    return [span.text for line in shown for span in line.spans if span.style == role]


def highlighted(stage: Stage) -> list[str]:
    """Return the text that is chosen in the memo and in sight."""
    view = stage.app.screen.query_one(TimelineView)
    found = []
    for key, overlays in sorted(view.painter.highlights.items()):
        line = next(
            view.timeline.lines(spot.block, spot.section)[spot.row]
            for y in range(view.viewport.size.height)
            if (spot := view.timeline.spot(view.scroll_offset.y + y)) and row_key(spot) == key
        )
        found += [line.text[one.start : one.end].replace("\u00a0", " ") for one in overlays]
    return found


@pytest.mark.parametrize("size", [*SIZES, (48, 16)])
async def test_memo_panel_tab_and_enter_open_the_cited_cell(size: tuple[int, int]) -> None:
    async with staged(MemoryLibrary(cited_session()), session_id="s1", size=size) as stage:
        await open_memo(stage)
        await stage.press("tab", "enter")
        view = await until_source(stage)
        assert marked(view) == ["46,309"]
        assert marked(view, "label") == ["Revenues"]
        shown = screen_text(stage.app)
        assert "(in millions)          2025      2024" in shown
        assert "46,309 in Revenues, 2025 (S1 p.2)" in " ".join(shown.split())


async def test_memo_panel_tab_walks_every_citation_round_and_back() -> None:
    async with staged(MemoryLibrary(cited_session()), session_id="s1", size=(80, 24)) as stage:
        await open_memo(stage)
        seen = []
        for _ in range(6):
            await stage.press("tab")
            seen += highlighted(stage)
        places = ["S1 p.2", "S1 p.3", "S1 p.2", "S1 p.2", "S1 p.1", "S1 p.2"]
        assert [" ".join(words.split()[:2]) for words in seen] == places
        assert "Citation 1 of 5" in text_of(stage, "#memo-note")
        await stage.press("shift+tab")
        assert "Citation 5 of 5 · S1 p.1 · unchecked" in text_of(stage, "#memo-note")


async def test_memo_panel_judged_citation_says_so_and_marks_the_words() -> None:
    session = cited_session(judged=("The brand is old.", "The brand is old"))
    async with staged(MemoryLibrary(session), session_id="s1", size=(80, 24)) as stage:
        await open_memo(stage)
        await stage.press("shift+tab")
        assert "Citation 5 of 5 · S1 p.1 · supported, judged by the model" in text_of(stage, "#memo-note")
        assert "\u25e6" in screen_text(stage.app)
        await stage.press("enter")
        view = await until_source(stage)
        assert marked(view) == ["The brand is old"]


async def test_memo_panel_quote_is_marked_across_the_end_of_a_line() -> None:
    async with staged(MemoryLibrary(cited_session()), session_id="s1") as stage:
        await open_memo(stage)
        await stage.press("tab", "tab", "enter")
        view = await until_source(stage)
        assert marked(view) == ["demand for running shoes", "weakened in every region"]


async def test_memo_panel_contradicted_citation_marks_what_is_there_instead() -> None:
    async with staged(MemoryLibrary(cited_session()), session_id="s1", size=(80, 24)) as stage:
        await open_memo(stage)
        await stage.press("n")
        note = text_of(stage, "#memo-note")
        assert note.startswith("Not supported 1 of 4 · contradicted: ")
        assert "3,219 in Net income, 2025 (S1 p.2)" in note
        assert "Net income was $5,700 million in fiscal 2025" in highlighted(stage)
        await stage.press("enter")
        view = await until_source(stage)
        assert "3,219" in marked(view)


async def test_memo_panel_n_goes_through_every_statement_that_is_not_supported() -> None:
    async with staged(MemoryLibrary(cited_session()), session_id="s1", size=(80, 16)) as stage:
        await open_memo(stage)
        notes = []
        for _ in range(5):
            await stage.press("n")
            assert highlighted(stage), "what is doubted is in sight"
            notes.append(text_of(stage, "#memo-note"))
        assert [note.split(" · ")[0] for note in notes] == [f"Not supported {n} of 4" for n in (1, 2, 3, 4, 1)]
        assert "no source is cited" in notes[2]
        await stage.press("n", "n", "n", "tab")
        assert "Citation 1 of 5" in text_of(stage, "#memo-note"), "below the last statement it begins anew"


async def test_memo_panel_escape_from_the_source_returns_to_the_same_place() -> None:
    async with staged(MemoryLibrary(cited_session()), session_id="s1", size=(80, 16)) as stage:
        await open_memo(stage)
        await stage.press("tab", "tab", "tab", "tab")
        before = highlighted(stage), stage.app.screen.query_one(TimelineView).scroll_offset.y
        assert before[1] > 0
        await stage.press("enter")
        await until_source(stage)
        await stage.press("escape")
        await stage.until(lambda: isinstance(stage.app.screen, MemoPanel))
        assert (highlighted(stage), stage.app.screen.query_one(TimelineView).scroll_offset.y) == before
        await stage.press("tab")
        assert "Citation 5 of 5" in text_of(stage, "#memo-note")
        await stage.press("escape")
        await stage.until(lambda: isinstance(stage.app.screen, SessionScreen))


async def test_memo_panel_citation_whose_source_is_gone_says_so() -> None:
    async with staged(MemoryLibrary(cited_session(stored=False)), session_id="s1") as stage:
        await open_memo(stage)
        await stage.press("tab", "enter")
        await stage.until(lambda: "The text of S1 is not stored in this session." in notices(stage))
        await stage.press("escape")
        await stage.until(lambda: isinstance(stage.app.screen, MemoPanel))


async def test_memo_panel_source_of_another_text_marks_no_wrong_figure() -> None:
    session = cited_session()
    other = cited_session()
    kept = await other.source("S1")
    assert kept is not None
    shifted = (kept.parts[0], *(type(part)(part.label, "x" * 7 + part.text) for part in kept.parts[1:]))
    session.keep(type(kept)(kept.ref, shifted))
    async with staged(MemoryLibrary(session), session_id="s1") as stage:
        await open_memo(stage)
        await stage.press("tab", "enter")
        view = await until_source(stage)
        assert "46,309" not in marked(view)
        assert all(piece.strip().startswith("Revenues") for piece in marked(view))


def earlier_memo() -> MemorySession:
    """A session with a memo of a version that knew no cells and no statements."""
    session = cited_session()
    text = "Revenues were $46,309 million [S1 p.2]. Profit fell [S9 p.4]."
    place = {"source": "S1", "label": "p.2", "unit": "p.", "first": 2, "last": 2}
    cited = [
        {"start": 30, "end": 38, "marker": "[S1 p.2]", "places": [place], "quotes": [], "outcome": "supported"},
        {"start": 52, "end": 60, "marker": "[S9 p.4]", "places": [], "quotes": [], "outcome": "unresolved"},
    ]
    memo = {"kind": "memo", "title": "Old", "text": text, "citations": cited, "sources": ["S1"], "uncited": []}
    session.record(events.QuestionAsked("Again?"), events.TurnFinished("answered", memo))
    return session


async def test_memo_panel_memo_of_an_earlier_version_leads_to_the_page_without_a_mark() -> None:
    async with staged(MemoryLibrary(earlier_memo()), session_id="s1", size=(80, 24)) as stage:
        await open_memo(stage)
        await stage.press("n")
        assert "Not supported 1 of 2 · unchecked" in text_of(stage, "#memo-note")
        await stage.press("n")
        assert "Not supported 2 of 2 · not found" in text_of(stage, "#memo-note")
        await stage.press("enter")
        assert "No citation is chosen. tab goes to the next one." in notices(stage)
        await stage.press("tab", "enter")
        view = await until_source(stage)
        assert marked(view) == []
        assert "S1 p.2 is cited as a whole: no figure or quote of it was recorded." in screen_text(stage.app)
        assert "[S1 p.2]" in screen_text(stage.app)


async def test_memo_panel_without_memo_says_so() -> None:
    session = MemorySession("s1")
    session.record(*(entry.event for entry in cited_session().entries[:3]))
    async with staged(MemoryLibrary(session), session_id="s1") as stage:
        await open_memo(stage)
        await stage.press("tab")
        assert text_of(stage, "#memo-note") == "There is no memo yet."
        await stage.press("n", "enter")
        assert text_of(stage, "#memo-note") == "Nothing of this memo has been checked."


async def test_memo_panel_supported_memo_has_no_doubt() -> None:
    memo = 'Revenues were $46,309 million in fiscal 2025 [S1 p.2 "Revenues" 2025].'
    async with staged(MemoryLibrary(cited_session(memo)), session_id="s1") as stage:
        await open_memo(stage)
        await stage.press("n")
        assert text_of(stage, "#memo-note") == "Every statement is supported or accepted."


async def _click_on(stage: Stage, words: str) -> None:
    for y, line in enumerate(screen_text(stage.app).split("\n")):
        if words in line:
            await stage.pilot.click(offset=(line.index(words) + 2, y))
            return
    raise AssertionError(f"{words} is not on the screen")


@pytest.mark.parametrize("panel", [True, False])
async def test_citation_clicked_opens_the_cited_cell(panel: bool) -> None:
    async with staged(MemoryLibrary(cited_session()), session_id="s1") as stage:
        if panel:
            await open_memo(stage)
        await _click_on(stage, "S1 p.2 “Gross profit”")
        view = await until_source(stage)
        assert marked(view) == ["19,790"]


async def test_memo_panel_citation_of_several_places_has_a_stop_for_each() -> None:
    memo = 'Revenues were $46,309 million in fiscal 2025 [S1 p.2 "Revenues" 2025; S1 p.3].'
    async with staged(MemoryLibrary(cited_session(memo)), session_id="s1") as stage:
        await open_memo(stage)
        await stage.press("tab", "tab")
        assert "Citation 2 of 2 · S1 p.3" in text_of(stage, "#memo-note")
        await stage.press("enter")
        await until_source(stage)
        await stage.press("escape", "tab", "enter")
        assert marked(await until_source(stage)) == ["46,309"]


async def test_memo_panel_another_width_keeps_what_is_chosen() -> None:
    async with staged(MemoryLibrary(cited_session()), session_id="s1", size=(120, 40)) as stage:
        await open_memo(stage)
        await stage.press("tab", "tab", "tab")
        await stage.pilot.resize_terminal(60, 16)
        await stage.pilot.pause(0.1)
        assert [words.split()[:2] for words in highlighted(stage)] == [["S1", "p.2"]]
        await stage.press("enter")
        assert marked(await until_source(stage)) == ["3,219"]


async def test_memo_panel_citations_of_the_same_looks_in_code_do_not_shift_the_others() -> None:
    memo = MEMO.replace("Revenues were", "See `[S1 p.3]`:\n\n```\n[S1 p.3] 46,309\n```\n\nRevenues were")
    async with staged(MemoryLibrary(cited_session(memo)), session_id="s1") as stage:
        await open_memo(stage)
        await stage.press("tab", "tab", "enter")
        assert marked(await until_source(stage)) == ["demand for running shoes", "weakened in every region"]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize(("name", "keys"), [("memo-doubt", ["n"]), ("memo-source", ["tab", "enter"])])
async def test_memo_panel_and_cited_source_look_as_in_the_picture(
    name: str, keys: list[str], size: tuple[int, int]
) -> None:
    ui = UiSettings(reduced_motion=True)
    async with staged(MemoryLibrary(cited_session()), session_id="s1", size=size, ui=ui) as stage:
        await open_memo(stage)
        await stage.press(*keys)
        await stage.pilot.pause(0.1)
        await assert_picture(stage, f"{name}-{size[0]}x{size[1]}")


async def test_marks_are_seen_without_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with staged(MemoryLibrary(cited_session()), session_id="s1", size=(80, 24)) as stage:
        await open_memo(stage)
        await stage.press("tab")
        chosen = [segment for strip in stage.app.screen._compositor.render_strips() for segment in strip]
        assert any(one.style and one.style.reverse and "S1 p.2" in one.text for one in chosen)
        await stage.press("enter")
        await until_source(stage)
        strips = stage.app.screen._compositor.render_strips()
        assert any(one.style and one.style.reverse and one.text == "46,309" for strip in strips for one in strip)
        assert any("▎Revenues" in strip.text for strip in strips), "a sign in the margin"


@pytest.mark.parametrize("width", [120, 60, 44])
async def test_memo_panel_citations_wrapped_in_a_table_lead_to_their_cells(width: int) -> None:
    words = "a rather long name of a measure that takes its room"
    rows = [("Revenues", "46,309"), ("Gross profit", "19,790"), ("Net income", "3,219")]
    memo = f"| {words} | 2025 | {words} | source |\n|---|---|---|---|\n" + "".join(
        f'| {label} in USD million | {figure} | {words} | [S1 p.2 "{label}" 2025] |\n' for label, figure in rows
    )
    async with staged(MemoryLibrary(cited_session(memo)), session_id="s1", size=(width, 40)) as stage:
        await open_memo(stage)
        for _, figure in rows:
            await stage.press("tab", "enter")
            assert marked(await until_source(stage)) == [figure]
            await stage.press("escape")


async def test_memo_panel_decision_stays_chosen_is_shown_and_can_be_taken_back() -> None:
    session = cited_session()
    async with staged(MemoryLibrary(session), session_id="s1", size=(120, 40)) as stage:
        await open_memo(stage)
        await stage.press("n", "d")
        await stage.until(lambda: isinstance(stage.app.screen, Dialog))
        await stage.press("1", *["tab"] * 5, "enter")
        await stage.until(lambda: "\u2611 alice" in screen_text(stage.app))
        note = text_of(stage, "#memo-note")
        assert note.startswith("contradicted: ")
        assert note.endswith("alice accepted it: I read the cited place; it says this.")
        assert "Net income was $5,700 million in fiscal 2025" in highlighted(stage)
        assert "1 accepted by a person" in screen_text(stage.app)
        await stage.press("n")
        assert text_of(stage, "#memo-note").startswith("Not supported 1 of 3 \u00b7 unchecked"), "the next one"
        await stage.press("shift+tab", "shift+tab", "d")
        await stage.until(lambda: isinstance(stage.app.screen, Dialog))
        assert "alice accepted it" in screen_text(stage.app)
        await stage.press(*["tab"] * 7, "enter")
        await stage.until(lambda: session.commands[-1:] == [DecideStatement(7, 2, "clear", "")])
        await stage.until(lambda: "\u2611" not in screen_text(stage.app))


async def test_memo_panel_decide_without_a_chosen_statement_says_what_to_press() -> None:
    async with staged(MemoryLibrary(cited_session()), session_id="s1") as stage:
        await open_memo(stage)
        await stage.press("d")
        assert "No statement is chosen. n goes to the next one that is not supported." in notices(stage)


async def test_memo_panel_decision_that_is_refused_says_why() -> None:
    session = cited_session()
    async with staged(MemoryLibrary(session), session_id="s1") as stage:
        await open_memo(stage)
        await stage.press("tab", "d")
        await stage.until(lambda: isinstance(stage.app.screen, Dialog))
        session.refusal = "a decision needs a reason, in a few words"
        await stage.press("enter")
        await stage.until(lambda: "a decision needs a reason" in notices(stage))
