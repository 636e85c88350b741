"""The researcher over real HTTP, answered by a small desk in the agreed formats."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from kimi_tui.embedded.memo_writer import SIGNATURE
from kimi_tui.embedded.researcher import DISCLOSURE
from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.sources import Part
from tests.embedded.desk import TOOLS, Desk, declared
from tests.embedded.drive import Answer, Finished, drive, whole_reply
from tests.embedded.papers import DOCUMENTS, INJECTION, QUESTION, full_desk, pages


@pytest.fixture
def desk() -> Iterator[Desk]:
    """The full desk."""
    made = full_desk()
    yield made
    made.close()


def asked(question: str = QUESTION) -> list[dict[str, Any]]:
    """The messages that a turn begins with."""
    return [{"role": "system", "content": "You are an analyst."}, {"role": "user", "content": question}]


def quotes_of(memo: str) -> list[str]:
    """Everything in quotation marks."""
    return re.findall(r'"([^"]+)"', memo)


def assert_supported(desk: Desk) -> None:
    """Assert that every citation of the last memo holds, and that every quote is in an observation."""
    title, memo = desk.memos[-1]
    checked = check_memo(title, memo, desk.lookup())
    assert checked.problems == ()
    shown = " ".join(" ".join(desk.shown).split())
    for quote in quotes_of(memo):
        assert quote in shown
    assert memo.endswith(SIGNATURE)


async def test_a_question_becomes_a_memo_whose_every_citation_holds(base_url: str, desk: Desk) -> None:
    finished = await drive(base_url, asked(), declared(), desk.answer)
    assert_supported(desk)
    checked = check_memo(*desk.memos[-1], desk.lookup())
    assert checked.is_acceptable
    assert len({desk.sources[source].ref.address for source in checked.sources}) >= 5
    assert 10 <= len(finished.calls) <= 40
    assert {name for name, _ in finished.calls} == set(TOOLS)


async def test_every_step_says_that_there_is_no_neural_model(base_url: str, desk: Desk) -> None:
    finished = await drive(base_url, asked(), declared(), desk.answer)
    for step in finished.steps:
        reasoning = step["reasoning_content"]
        assert reasoning.splitlines()[0] == DISCLOSURE
        assert 40 <= len(reasoning.split()) <= 150


async def test_calls_are_numbered_over_the_messages_and_never_made_twice(base_url: str, desk: Desk) -> None:
    finished = await drive(base_url, asked(), declared(), desk.answer)
    ids = [call["id"] for step in finished.steps for call in step["tool_calls"]]
    assert ids == [f"functions.{name}:{number}" for number, (name, _) in enumerate(finished.calls)]
    made = [str(call) for call in finished.calls]
    assert len(made) == len(set(made))


async def test_the_memo_names_the_restatement_the_contradiction_and_the_stale_page(base_url: str, desk: Desk) -> None:
    await drive(base_url, asked(), declared(), desk.answer)
    memo = desk.memos[-1][1]
    disagree = memo.partition("## Where sources disagree")[2].partition("##")[0]
    assert "412.6 million" in disagree
    assert "405.1 million" in disagree
    cautions = memo.partition("## Cautions")[2].partition("##")[0]
    assert '"Last updated: March 2019"' in cautions
    assert "restated" in memo


async def test_growth_is_calculated_from_rows_of_the_database_and_cited(base_url: str, desk: Desk) -> None:
    finished = await drive(base_url, asked(), declared(), desk.answer)
    codes = [arguments["code"] for name, arguments in finished.calls if name == "calculate"]
    sums = "104.45 + 108.46 + 112.48 + 116.5", "95.73 + 99.41 + 103.1 + 106.78"
    assert f"round((({sums[0]}) - ({sums[1]})) / ({sums[1]}) * 100, 1)" in codes
    assert re.search(r"a change of 9\.1 % \[S\d+ row 1; .*; S\d+ row 8; S\d+\]", desk.memos[-1][1])


async def test_an_instruction_in_a_page_is_neither_followed_nor_quoted(base_url: str, desk: Desk) -> None:
    finished = await drive(base_url, asked(), declared(), desk.answer)
    assert any(INJECTION in text for text in desk.shown)
    title, memo = desk.memos[-1]
    said = " ".join([memo, title, *(step["reasoning_content"] for step in finished.steps)])
    assert "999" not in said
    assert "Ignore all" not in said
    assert "reads like instructions to a model" in memo
    searched = [str(arguments) for name, arguments in finished.calls if name != "submit_memo"]
    assert not any("999" in text or "ignore" in text.lower() for text in searched)


async def test_words_of_a_steer_are_searched_as_well(base_url: str, desk: Desk) -> None:
    def between(step: int) -> list[dict[str, Any]]:
        return [{"role": "user", "content": "Look at the backlog too."}] if step == 6 else []

    finished = await drive(base_url, asked(), declared(), desk.answer, between)
    queries = [arguments.get("query", "") for name, arguments in finished.calls if name == "search_documents"]
    assert any("backlog" in query for query in queries)
    assert "backlog reached a record" in desk.memos[-1][1]
    assert_supported(desk)


def refusing(desk: Desk, tool: str, text: str) -> Answer:
    """Answers of a desk, except that one tool is always refused."""
    return lambda name, arguments: text if name == tool else desk.answer(name, arguments)


@pytest.mark.parametrize("tool", ["query_database", "search_documents", "read", "find_in", "calculate", "update_plan"])
@pytest.mark.parametrize(
    "text",
    [
        "The person vetoed this call: use the filings. Do not repeat it; go another way.",
        "Denied (queries): no database in this session.",
        "The query of figures.sqlite failed: the file is not readable.",
        "[Result c12 of read, 11000 characters, hidden to save room.]",
        "",
    ],
)
async def test_a_refused_tool_does_not_keep_the_memo_from_being_written(
    base_url: str, desk: Desk, tool: str, text: str
) -> None:
    finished = await drive(base_url, asked(), declared(), refusing(desk, tool, text))
    assert len(finished.calls) <= 40
    assert_supported(desk)
    refused = [name for name, _ in finished.calls].count(tool)
    assert refused < 12


async def test_a_veto_is_spoken_of_and_the_call_is_not_repeated(base_url: str, desk: Desk) -> None:
    veto = "The person vetoed this call: too expensive. Do not repeat it; go another way."
    finished = await drive(base_url, asked(), declared(), refusing(desk, "query_database", veto))
    assert [name for name, _ in finished.calls].count("query_database") == 1
    assert any("query_database was vetoed" in step["reasoning_content"] for step in finished.steps)
    assert "A call of query_database was vetoed" in desk.memos[-1][1]


async def test_a_spent_budget_brings_the_memo_at_once(base_url: str, desk: Desk) -> None:
    order = (
        "The budget of steps is nearly spent (5 of 6). This is your last step: call submit_memo now, with final set to "
        'true, with what you have; say what is missing under the heading "What could not be found".'
    )
    finished = await drive(
        base_url,
        asked(),
        declared(),
        desk.answer,
        lambda step: [{"role": "user", "content": order}] if step == 5 else [],
    )
    assert len(finished.steps) == 6
    assert finished.calls[-1][0] == "submit_memo"
    assert finished.calls[-1][1]["final"] is True
    assert_supported(desk)
    assert "budget was spent" in desk.memos[-1][1]


async def test_sentences_that_the_check_refuses_are_dropped_and_the_rest_is_submitted_again(
    base_url: str, desk: Desk
) -> None:
    def answer(tool: str, arguments: dict[str, Any]) -> str:
        text = desk.answer(tool, arguments)
        if tool != "submit_memo" or len(desk.memos) > 1:
            return text
        memo = arguments["memo"]
        marker = memo.index("[S", memo.index("## What the documents say"))
        around = " ".join(memo[marker - 70 : marker].split())
        cite = memo[marker : memo.index("]", marker) + 1]
        return (
            f"The memo was not accepted: 1 problem.\n- {cite} at “{around}”: “Revenue” is not in {cite} word "
            "for word; quote the exact text\nRead the places again."
        )

    await drive(base_url, asked(), declared(), answer)
    first, second = desk.memos[0][1], desk.memos[1][1]
    lost = set(first.splitlines()) - set(second.splitlines())
    dropped = first[first.index("## What the documents say") :].splitlines()[2]
    assert dropped in lost
    assert len(second) > len(first) / 2


@pytest.mark.parametrize(
    ("documents", "question"),
    [
        ({}, QUESTION),
        ({"one.pdf": DOCUMENTS["filings/quistmark-annual-2024.pdf"]}, QUESTION),
        ({"one.pdf": DOCUMENTS["filings/quistmark-annual-2024.pdf"]}, "Wie hoch war der Umsatz der Quistmark SE?"),
        ({"one.pdf": DOCUMENTS["filings/quistmark-annual-2024.pdf"]}, "What about the weather in Tromsø?"),
        (
            {"de.pdf": ("Bericht", pages("Der Umsatz der Quistmark SE stieg 2024 auf 298 Mio. Euro an."))},
            "Umsatz Quistmark?",
        ),
        (
            {"zh.pdf": ("报告", pages("公司二零二四年的收入为两亿九千八百万欧元，比上一年增长百分之八。"))},
            "公司的收入是多少？",
        ),
        ({"empty.pdf": ("Empty", (Part("p.1", ""),))}, "?"),
        (
            {
                "odd.pdf": (
                    'A [S1 p.1] "title" | with <b>marks</b>',
                    pages('Revenue "of" the [S9 p.1] group | was <b>12</b> `x`.'),
                )
            },
            "revenue?",
        ),
    ],
)
async def test_any_desk_gives_an_honest_memo(base_url: str, documents: dict[str, Any], question: str) -> None:
    desk = Desk(documents)
    offered = tuple(name for name in TOOLS if name != "query_database")
    finished = await drive(base_url, asked(question), declared(offered), desk.answer)
    assert len(finished.calls) <= 40
    assert_supported(desk)
    if not check_memo(*desk.memos[-1], desk.lookup()).citations:
        assert "this memo answers nothing" in desk.memos[-1][1]


async def test_a_german_question_finds_german_words(base_url: str) -> None:
    desk = Desk(
        {"de.pdf": ("Bericht", pages("Der Umsatz der Quistmark SE stieg im Jahr 2024 auf 298 Millionen Euro an."))}
    )
    await drive(
        base_url,
        asked("Wie entwickelte sich der Umsatz von Quistmark?"),
        declared(),
        refusing(desk, "query_database", ""),
    )
    assert '"Der Umsatz der Quistmark SE stieg im Jahr 2024 auf 298 Millionen Euro an"' in desk.memos[-1][1]


async def test_without_tools_it_answers_in_text_and_says_what_it_is(base_url: str) -> None:
    reply = await whole_reply(base_url, asked(), [])
    message = reply["choices"][0]["message"]
    assert "tool_calls" not in message
    assert "no neural model" in message["content"]
    assert reply["choices"][0]["finish_reason"] == "stop"


async def test_without_a_tool_for_memos_the_memo_is_the_text(base_url: str, desk: Desk) -> None:
    offered = declared(tuple(name for name in TOOLS if name != "submit_memo"))
    finished = await drive(base_url, asked(), offered, desk.answer)
    assert check_memo("", finished.text, desk.lookup()).is_acceptable
    assert finished.text.endswith(SIGNATURE)


async def test_the_web_is_searched_only_when_the_desk_has_nothing(base_url: str) -> None:
    page = "[S1] A page · section 1 of 1 (https://page.test/a)\n--- [S1 §1] ---\nThe weather in Tromsø was mild in May."
    results = '1 results for "weather Tromsø".\n1. A page\n   https://page.test/a\n   mild weather'

    def answer(tool: str, arguments: dict[str, Any]) -> str:
        known = {"web_search": results, "open_page": page, "submit_memo": "Memo accepted: 1 of 1 citations hold."}
        return known.get(tool, "0 documents on the desk.")

    offered = declared(("search_documents", "web_search", "open_page", "submit_memo"))
    finished = await drive(base_url, asked("What is the weather in Tromsø?"), offered, answer)
    assert ("open_page", {"url": "https://page.test/a"}) in finished.calls
    assert '"The weather in Tromsø was mild in May" [S1 §1]' in finished.calls[-1][1]["memo"]


async def test_a_later_question_is_a_turn_of_its_own(base_url: str, desk: Desk) -> None:
    first = await drive(base_url, asked(), declared(), desk.answer)
    again = [*first.messages, {"role": "user", "content": "What were the wages and freight costs of Arvenholt?"}]
    second = await drive(base_url, again, declared(), desk.answer)
    queries = [arguments.get("query", "") for name, arguments in second.calls if name == "search_documents"]
    assert any("wages" in query for query in queries)
    assert not any("Quistmark" in query for query in queries)
    assert_supported(desk)
    assert "wages rose faster than prices" in desk.memos[-1][1]


async def test_the_same_messages_always_give_the_same_step(base_url: str, desk: Desk) -> None:
    finished: Finished = await drive(base_url, asked(), declared(), desk.answer)
    ends = [n for n, message in enumerate(finished.messages) if message["role"] == "assistant"]
    for end, step in zip(ends, finished.steps, strict=True):
        reply = await whole_reply(base_url, finished.messages[:end], declared())
        assert reply["choices"][0]["message"] == step
