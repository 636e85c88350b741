"""Cells as named inputs of `calculate`, and what a memo may claim of their results."""

import pytest

from kimi_tui.cells import Cell, encode_cells
from kimi_tui.evidence.memo import Citation
from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.sources import Part, SourceKind
from kimi_tui.tools import TOOLS, call_digests
from kimi_tui.tools.base import Observation, ToolContext, ToolError
from kimi_tui.tools.calculation.calculate import Calculate, CalculateParameters
from kimi_tui.tools.schema import build_schema, parse_arguments
from tests.evidence.kit import BARE, CASH, INCOME, PAGES, QUERY, ROWS
from tests.tools.kit import MemoryStore, source_of, tool_context

SALES = 'S1 p.2 "Revenues" 2025'
BEFORE = 'S1 p.2 "Revenues" 2024'


def keep(
    context: ToolContext, kind: SourceKind, address: str, parts: tuple[Part, ...], cells: tuple[Cell, ...]
) -> None:
    context.sources.add(
        kind=kind, title="T", address=address, media_type="text/html", data=address.encode(), parts=parts,
        cells=encode_cells(cells),
    )  # fmt: skip


def fill(context: ToolContext) -> None:
    """S1 is a report, S2 a query of a table, S3 a query of a number that it holds itself."""
    keep(context, "document", "acme.html", PAGES, INCOME + CASH + BARE)
    keep(context, "query", "facts.csv: select fact, value from data", (Part("rows 1-2", ROWS),), QUERY)
    keep(context, "query", "facts.csv: select 'Assets', 40321 as value", (Part("rows 1-2", ROWS),), QUERY[:1])


async def calculated(code: str, **inputs: str) -> tuple[Observation, ToolContext]:
    async with tool_context() as context:
        fill(context)
        return await Calculate().run(CalculateParameters(code, inputs), context), context


async def cited(sentence: str, code: str, **inputs: str) -> Citation:
    """The one citation of a sentence on the result, which is S4."""
    _, context = await calculated(code, **inputs)
    [cite] = check_memo("", sentence, context.sources).citations
    return cite


async def refusal(**inputs: str) -> str:
    with pytest.raises(ToolError) as caught:
        await calculated("1", **inputs)
    return str(caught.value)


async def test_calculate_with_cells_binds_their_scaled_values_and_lists_them() -> None:
    observation, context = await calculated("a - b", a=SALES, b=f"[{BEFORE}]")
    lines = observation.text.split("\n")
    assert (
        lines[0] == 'a = 46309000000 from [S1 p.2 "Revenues" 2025]: 46,309 (Revenues, 2025-05-31, in millions of USD)'
    )
    assert lines[2] == "[S4] -5053000000"
    assert source_of(context, "S4").parts[0].text == f"inputs:\n{lines[0]}\n{lines[1]}\n\na - b = -5053000000"
    assert source_of(context, "S4").ref.address == "a - b"


async def test_calculate_with_a_percentage_and_an_unscaled_figure_says_what_they_are() -> None:
    observation, _ = await calculated("m * f", m='S1 p.2 "Gross margin" 2025', f='S1 p.4 "Footwear" 2025')
    assert "m = 0.427 from" in observation.text
    assert "f = 29143 from" in observation.text
    assert "no unit or scale is stated" in observation.text


async def test_calculate_with_a_row_of_a_query_takes_its_column() -> None:
    for place in ("S2 row 1", 'S2 row 1 "value"', 'S2 row 1 "Assets"'):
        assert "a = 40321000000 from" in (await calculated("a", a=place))[0].text, place


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ('S1 p.2 "Revenue" 2023', "has no figure for 2023; it has 46,309"),
        ('S1 p.2 "Net profits" 2025', "the nearest rows are \u201cGross profit\u201d"),
        ('S1 p.2 "Net income"', "names 2 figures: 3,219 (Net income, 2025-05-31, in millions of USD) in p.2; 5,700"),
        ("S1 p.2", "name the row"),
        ("S1 p.9", "S1 has no p.9"),
        ("S1 p.5", "no table was read at S1 p.5"),
        ("S9 p.1", "there is no source S9"),
        ("acme.html p.2", "names no single place"),
        ("S1 p.2; S1 p.3", "names no single place"),
        ("", "names no single place"),
        ("S3 row 1", "is a number of the query itself"),
    ],
)
async def test_calculate_with_an_input_that_is_no_cell_shows_the_text_there(place: str, words: str) -> None:
    text = await refusal(a=place)
    assert text.startswith("The calculation was not run")
    assert words in text
    assert len(text) < 1_500


async def test_calculate_with_several_wrong_inputs_names_each() -> None:
    text = await refusal(a="S9", b=SALES, c="S8", mean=SALES, **{"import": SALES, "a b": SALES, "_x": SALES})
    assert [line[:6] for line in text.split("\n")[1:3]] == ["- a: t", "- c: t"]
    assert text.count("cannot be its name") == 4


async def test_calculate_with_a_result_as_input_asks_for_its_cells() -> None:
    async with tool_context() as context:
        fill(context)
        await Calculate().run(CalculateParameters("1 + 1"), context)
        with pytest.raises(ToolError, match="S4 is a calculation; name the cells"):
            await Calculate().run(CalculateParameters("a", {"a": "S4 result"}), context)


TRUE = [
    ("Revenues fell 9.8 % in 2025 [S4 result].", "(a - b) / b * 100", {"a": SALES, "b": BEFORE}),
    ("Revenues fell by $5,053 million in 2025 [S4].", "a - b", {"a": SALES, "b": BEFORE}),
    ("Gross profit was 42.7 % of revenues in 2025 [S4 result].", "g / a",
     {"g": 'S1 p.2 "Gross profit" 2025', "a": SALES}),
    ("Dividends and purchases of property took $2,730 million in 2025 [S4].", "-(d + p) / 1e6",
     {"d": 'S1 p.3 "Dividends" 2025', "p": 'S1 p.3 "Purchases of property" 2025'}),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "code", "inputs"), TRUE)
async def test_figure_computed_from_cells_is_supported_with_those_cells(
    sentence: str, code: str, inputs: dict[str, str]
) -> None:
    cite = await cited(sentence, code, **inputs)
    assert (cite.finding, cite.by) == ("supported", "calculation"), cite.detail
    assert {cell.source for cell in cite.cells} == {"S1"}
    assert len(cite.cells) == len(inputs)


FALSE = [
    ("another number", "Revenues fell 8.9 % in 2025 [S4 result].", "(a - b) / b * 100", {"a": SALES, "b": BEFORE}),
    ("direction", "Revenues rose 9.8 % in 2025 [S4 result].", "(a - b) / b * 100", {"a": SALES, "b": BEFORE}),
    ("scale", "Revenues and profit make $66,099 billion in 2025 [S4].", "(a + g) / 1000",
     {"a": SALES, "g": 'S1 p.2 "Gross profit" 2025'}),
    ("currency", "Gross profit and revenues make EUR 66,099 million in 2025 [S4].", "a + g",
     {"a": SALES, "g": 'S1 p.2 "Gross profit" 2025'}),
    ("period", "Gross profit was 42.7 % of revenues in 2021 [S4 result].", "g / a",
     {"g": 'S1 p.2 "Gross profit" 2025', "a": SALES}),
    ("row", "Net income was 42.7 % of something in 2025 [S4 result].", "g / a",
     {"g": 'S1 p.2 "Gross profit" 2025', "a": SALES}),
    ("literal beside a cell", "Revenues were $999.9 million in 2025 [S4].", "a * 0 + 999.9", {"a": SALES}),
    ("text beside a cell", "Revenues were $999.9 million in 2025 [S4].", "a * 0 + float('999.9')", {"a": SALES}),
    ("constants beside a cell", "Revenues were $999.9 million in 2025 [S4].", "a * 0 + (1000 - 1 / 10)", {"a": SALES}),
    ("constants with a trace of a cell", "Revenues were $999.9 million in 2025 [S4].", "(a / a) * (1000 - 1 / 10)",
     {"a": SALES}),
    ("hexadecimal", "Revenues were $999 million in 2025 [S4].", "a * 0 + 0x3e7", {"a": SALES}),
    ("literal behind a comment", "Revenues were $999.9 million in 2025 [S4].", "a # x\n999.9", {"a": SALES}),
    ("literal behind minus signs", "Revenues were $999.9 million in 2025 [S4].", "0--999.9", {}),
    ("literal far behind", "Revenues were $999.9 million in 2025 [S4].", f"x = 1{' ; x = 1' * 300}\n999.9", {}),
    ("literal after an equals sign", "Revenues were $999.9 million in 2025 [S4].", "x = 1\ny = 999.9\ny", {"a": SALES}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "sentence", "code", "inputs"), FALSE, ids=[one[0] for one in FALSE])
async def test_figure_computed_otherwise_is_never_supported(
    what: str, sentence: str, code: str, inputs: dict[str, str]
) -> None:
    cite = await cited(sentence, code, **inputs)
    assert cite.finding != "supported", what


async def test_inputs_that_were_forged_vouch_for_nothing() -> None:
    _, context = await calculated("a", a=SALES)
    store = context.sources
    assert isinstance(store, MemoryStore)
    text = store.kept[-1].parts[0].text
    assert check_memo("", "Revenues were $46,309 million in 2025 [S4].", store).citations[0].finding == "supported"
    forged = text.replace("46309000000", "99999000000")
    keep(context, "calculation", "a", (Part("result", forged),), ())
    [cite] = check_memo("", "Revenues were $99,999 million in 2025 [S5].", store).citations
    assert (cite.finding, "calculate again" in cite.detail) == ("not found", True)


def test_calls_without_inputs_ask_for_what_they_asked_before() -> None:
    tool = next(tool for tool in TOOLS if tool.name == "calculate")
    bare, empty = (parse_arguments(tool, one) for one in ({"code": "1 + 1"}, {"code": "1 + 1", "inputs": {}}))
    full, other, same = (
        parse_arguments(tool, {"code": "a", "inputs": inputs})
        for inputs in (
            {"a": SALES, "b": BEFORE},
            {"a": BEFORE},
            f'{{"b": "{BEFORE}"}}'.replace('"Rev', r"\"Rev").replace('nues"', r"nues\""),
        )
    )
    assert call_digests.call_digest(tool, bare) == call_digests.call_digest(tool, empty)
    assert call_digests.are_identical_calls(tool, bare, empty)
    assert len({call_digests.call_digest(tool, one) for one in (bare, full, other, same)}) == 4
    swapped = parse_arguments(tool, {"inputs": {"b": BEFORE, "a": SALES}, "code": "a"})
    assert call_digests.call_digest(tool, swapped) == call_digests.call_digest(tool, full)


def test_schema_of_inputs_is_an_object_of_strings() -> None:
    schema = build_schema(Calculate())["properties"]["inputs"]
    assert (schema["type"], schema["additionalProperties"]) == ("object", {"type": "string"})
    with pytest.raises(ToolError, match="object of strings by name"):
        parse_arguments(Calculate(), {"code": "a", "inputs": ["S1"]})
