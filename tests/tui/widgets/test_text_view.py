"""A long text with the words of a search in it: what is marked, and where it is shown from."""

import pytest
from textual.app import App, ComposeResult

from kimi_tui.sources import TextMark
from kimi_tui.tui.rendering.search_highlight import compile_search, split_at_matches
from kimi_tui.tui.widgets.text_view import TextPassage, TextView


class TextApp(App[None]):
    """A text and nothing else."""

    ENABLE_COMMAND_PALETTE = False
    CSS = "TextView > .text--found { background: red; }"

    def compose(self) -> ComposeResult:
        yield TextView()


PASSAGES = [
    TextPassage("needle", "no hay"),
    TextPassage("[S1 p.1]", "\n".join(["hay"] * 50 + ["the Needle, \x1b[31m needless[/b]"] + ["hay"] * 50)),
    TextPassage("[S1 p.2]", "\n".join(["a needle", *["hay"] * 50])),
]


@pytest.mark.parametrize(
    ("passage", "words", "marked"),
    [
        (1, "needl", [(4, "Needl"), (4, "needl")]),
        (2, "needl", [(1, "needl")]),
        (0, "needle", []),
        (1, "", []),
    ],
)
async def test_text_view_searched_passage_shows_first_match(
    passage: int, words: str, marked: list[tuple[int, str]]
) -> None:
    app = TextApp()
    async with app.run_test(size=(60, 12)) as pilot:
        view = app.query_one(TextView)
        view.show(PASSAGES, words)
        await pilot.pause()
        view.go_to(passage)
        await pilot.pause()
        assert view.top_passage == passage
        mark = view.get_component_rich_style("text--found").bgcolor
        shown = [view.render_line(y) for y in range(view.size.height)]
        pieces = [(y, piece) for y, strip in enumerate(shown) for piece in strip]
        assert [(y, piece.text) for y, piece in pieces if piece.style and piece.style.bgcolor == mark] == marked
        assert not any("\x1b" in strip.text for strip in shown)


MEMO = "# Net debt\n\nIt **fell** to 9 [S1 p.4], see `a_b`.\n\n- one\n- [two](https://x.example)\n\n\x1b[31m[b]no[/b]"


async def test_markdown_is_drawn_and_its_words_are_marked() -> None:
    app = TextApp()
    async with app.run_test(size=(60, 14)) as pilot:
        view = app.query_one(TextView)
        view.show([TextPassage("Memo", MEMO, markdown=True)], "fell debt")
        await pilot.pause()
        shown = [view.render_line(y) for y in range(view.size.height)]
        assert [strip.text.strip() for strip in shown if strip.text.strip()] == [
            "Memo",
            "Net debt",
            "It fell to 9 [S1 p.4], see a_b.",
            "• one",
            "• two (x.example)",
            "\u241b[31m[b]no[/b]",
        ]
        mark = view.get_component_rich_style("text--found").bgcolor
        assert [piece.text for strip in shown for piece in strip if piece.style and piece.style.bgcolor == mark] == [
            "debt",
            "fell",
        ]


async def test_a_text_that_is_shown_again_stays_where_it_was_read() -> None:
    app = TextApp()
    async with app.run_test(size=(60, 14)) as pilot:
        view = app.query_one(TextView)
        view.show(PASSAGES)
        await pilot.pause()
        view.scroll_to(y=20, animate=False)
        await pilot.pause()
        view.show([*PASSAGES, TextPassage("new", "words")], stay=True)
        await pilot.pause()
        assert view.scroll_offset.y == 20
        view.show(PASSAGES)
        await pilot.pause()
        assert view.scroll_offset.y == 0


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("margin fell", ["Margin", "fell"]),
        ("marg fel", ["fel"]),
        ("tool:read margin", ["Margin", "margin"]),
        ("margin.fell (", ["Margin", "fell"]),
        ("is:error", []),
        ("", []),
        ("[", []),
    ],
)
def test_words_are_marked_as_the_index_finds_them(search: str, found: list[str]) -> None:
    pieces = list(split_at_matches("The Margin fell; margins did not.", compile_search(search)))
    assert [text for text, marked in pieces if marked] == found
    assert "".join(text for text, _ in pieces) == "The Margin fell; margins did not."


async def test_text_view_marks_stay_on_their_words_behind_tabs_and_control_characters() -> None:
    text = "\x1b[31m\ta\u00adb 売上 \r1,234 and more\nnext"
    start = text.index("1,234")
    app = TextApp()
    async with app.run_test(size=(20, 14)) as pilot:
        view = app.query_one(TextView)
        view.show([TextPassage("", text, marks=(TextMark(start, start + 5, "cited"),))])
        await pilot.pause()
        spans = [span for line in view._lines for span in line.spans]
        assert [span.text for span in spans if span.style == "cited"] == ["1,234"]
        plain = TextView()
        app.screen.mount(plain)
        await pilot.pause()
        plain.show([TextPassage("", text)])
        assert [line.text for line in view._lines] == [line.text for line in plain._lines]


async def test_text_view_passage_without_the_mark_in_reach_of_its_header_shows_the_mark() -> None:
    text = "header\n" + "hay\n" * 60 + "figure"
    marks = (TextMark(0, 6, "header"), TextMark(len(text) - 6, len(text), "cited"))
    app = TextApp()
    async with app.run_test(size=(60, 12)) as pilot:
        view = app.query_one(TextView)
        view.show([TextPassage("first", "x"), TextPassage("second", text, marks=marks)])
        await pilot.pause()
        view.go_to(1)
        await pilot.pause()
        assert any("figure" in view.render_line(y).text for y in range(view.size.height))
