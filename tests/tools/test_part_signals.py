"""Signals of a document's parts: headings, contents, what they go on with, and statements."""

from kimi_tui.sources import Part
from kimi_tui.tools.desk.part_signals import MAX_SIGNAL_CHARS, PartSignals, compute_part_signals
from kimi_tui.tools.text.parts import Extraction

FIGURES = "\n".join(f"Row {number} 1,{number:03} 2,{number:03}" for number in range(30))
BALANCE = f"Consolidated balance sheets\nTotal assets 5,000\n{FIGURES}"
INCOME = f"Consolidated statements of income\nNet income 5,000\n{FIGURES}"
CASH = f"Consolidated statements of cash flows\nOperating activities 5,000\n{FIGURES}"


def signals(*parts: Part) -> tuple[PartSignals, ...]:
    return compute_part_signals(Extraction("", parts, "text"))


def pages(*texts: str) -> tuple[Part, ...]:
    return tuple(Part(f"p.{number}", text) for number, text in enumerate(texts, 1))


def test_compute_part_signals_of_nothing_is_nothing() -> None:
    assert signals() == ()
    assert signals(Part("p.1", "words")) == (PartSignals(),)


def test_compute_part_signals_headings_come_from_the_reader_or_the_title() -> None:
    [from_title] = signals(Part("\u00a71", "x", "Results \u203a Cloud"))
    assert from_title.heading == "Results \u00b7 Cloud"
    extraction = Extraction("", (Part("p.1", "x", "Results"),), "text", headings=(("One", "Two", "One"),))
    [from_reader] = compute_part_signals(extraction)
    assert from_reader.heading == "One \u00b7 Two"


def test_compute_part_signals_carries_section_and_note_on() -> None:
    headings = (("Item 7. Discussion",), (), ("Note 3 Debt",), (), ("Item 8. Statements",))
    found = compute_part_signals(Extraction("", pages(*"abcde"), "text", headings=headings))
    assert found[1].carried == "Item 7. Discussion"
    assert found[3].carried == "Item 7. Discussion \u00b7 Note 3 Debt"
    assert found[4].carried == "Item 7. Discussion \u00b7 Note 3 Debt \u00b7 Item 8. Statements"


def test_compute_part_signals_contents_come_from_bookmarks() -> None:
    found = compute_part_signals(Extraction("", pages("a", "b", "c"), "text", outline=(("Risks", 1),)))
    assert [one.contents for one in found] == ["", "Risks", ""]
    assert [one.carried for one in found] == ["", "Risks", "Risks"]


def test_compute_part_signals_own_statements_are_in_capitals() -> None:
    found = signals(*pages("words", BALANCE, INCOME, CASH, *["words"] * 20, BALANCE))
    assert [one.kinds for one in found[1:4]] == ["BALANCE SHEET", "INCOME STATEMENT", "CASH FLOWS"]
    assert found[-1].kinds == "balance sheet"


def test_compute_part_signals_of_a_single_statement_are_in_capitals() -> None:
    assert [one.kinds for one in signals(*pages("words", BALANCE))] == ["", "BALANCE SHEET"]


def test_compute_part_signals_are_bounded() -> None:
    long = Extraction("", pages("x"), "text", headings=(tuple(f"Heading {n}" for n in range(500)),))
    assert len(compute_part_signals(long)[0].heading) == MAX_SIGNAL_CHARS
