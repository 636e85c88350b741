"""Digests of calls and of their results do not change with how they are written."""

from typing import Any

import pytest

from kimi_tui.sources import Part
from kimi_tui.tools import TOOLS
from kimi_tui.tools.base import Observation, Tool
from kimi_tui.tools.call_digests import call_digest, outcome_digest, place_digests
from kimi_tui.tools.schema import parse_arguments
from tests.tools.kit import MemoryStore

BY_NAME: dict[str, Tool] = {tool.name: tool for tool in TOOLS}


def asked(name: str, **arguments: Any) -> str:
    return call_digest(BY_NAME[name], parse_arguments(BY_NAME[name], arguments))


def gave(name: str, observation: Observation, **arguments: Any) -> str:
    return outcome_digest(BY_NAME[name], parse_arguments(BY_NAME[name], arguments), observation)


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("search_documents", {"query": "heat pump"}, {"query": "  Heat\n pump? "}),
        ("search_documents", {"query": "heat"}, {"query": "heat", "limit": 12}),
        ("search_documents", {"limit": 5, "query": "heat"}, {"query": "heat", "limit": "5"}),
        ("find_in", {"source": "S1", "text": "EBITDA"}, {"text": "ebitda.", "source": " S1 ", "limit": 10.0}),
        ("web_search", {"query": "heat"}, {"query": "heat", "fresh": True}),
        ("open_page", {"url": "https://a.example/x"}, {"url": "https://a.example/x ", "fresh": "true"}),
        ("read", {"source": "S1"}, {"source": "S1", "parts": ""}),
        ("query_database", {"database": "a", "sql": "select  1"}, {"sql": "select\n1", "database": "a"}),
    ],
)
def test_the_same_call_written_otherwise_asks_the_same(name: str, one: dict[str, Any], other: dict[str, Any]) -> None:
    assert asked(name, **one) == asked(name, **other)


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("search_documents", {"query": "heat"}, {"query": "heats"}),
        ("search_documents", {"query": "heat"}, {"query": "heat", "limit": 9}),
        ("read", {"source": "S1", "parts": "1"}, {"source": "S1", "parts": "2"}),
        ("calculate", {"code": "A"}, {"code": "a"}),
        ("open_page", {"url": "https://a.example/X"}, {"url": "https://a.example/x"}),
        ("query_database", {"database": "a", "sql": "select 1"}, {"database": "b", "sql": "select 1"}),
    ],
)
def test_another_call_asks_something_else(name: str, one: dict[str, Any], other: dict[str, Any]) -> None:
    assert asked(name, **one) != asked(name, **other)


def test_tools_never_ask_the_same() -> None:
    assert asked("search_documents", query="heat") != asked("web_search", query="heat")


def test_an_outcome_does_not_depend_on_how_the_call_was_worded() -> None:
    one = Observation('3 results for "Heat pump" on the desk.\nHeat pump sales')
    other = Observation('3 results for "heat pump?" on the desk.\nHeat pump  sales')
    assert gave("search_documents", one, query="Heat pump") == gave("search_documents", other, query="heat pump?")


def test_an_outcome_depends_on_what_came_back() -> None:
    one, other = Observation("3 results.\nHeat"), Observation("3 results.\nCold")
    assert gave("search_documents", one, query="x") != gave("search_documents", other, query="x")
    missing = Observation("3 results.\nHeat", status="not-found")
    assert gave("search_documents", one, query="x") != gave("search_documents", missing, query="x")


def test_the_same_text_under_another_source_id_is_the_same_outcome() -> None:
    texts = []
    for before in (0, 3):
        store = MemoryStore()
        for n in range(before):
            store.add(kind="page", title="", address=f"{n}", media_type="", data=b"", parts=(Part("p.1", ""),))
        ref = store.add(kind="page", title="", address="a", media_type="", data=b"a", parts=(Part("p.1", "a"),))
        texts.append(gave("open_page", Observation(f"[{ref.id}] a", sources=(ref,)), url="https://a.example"))
    assert texts[0] == texts[1]


def test_another_plan_is_another_outcome_though_its_progress_is_the_same() -> None:
    plans = [
        Observation("Plan noted: 0 of 1 done.", artifact={"kind": "plan", "steps": [{"text": text, "state": "open"}]})
        for text in ("look", "write")
    ]
    assert len({gave("update_plan", plan, steps=[{"text": "look"}]) for plan in plans}) == 2


def test_place_digests_ignore_surrounding_words() -> None:
    store = MemoryStore()
    refs = tuple(
        store.add(
            kind="document",
            title=name,
            address=name,
            media_type="text/plain",
            data=name.encode(),
            parts=(Part("p.1", name),),
        )
        for name in ("a", "b")
    )
    tool, (one, other) = BY_NAME["search_documents"], refs

    def named(*lines: str, leads: tuple[str, ...] = ()) -> tuple[str, ...]:
        return place_digests(tool, Observation("\n".join(lines), sources=refs, leads=leads))

    first = named("2 results", f"[{one.id} p.1] A", "    heat", f"[{other.id} p.4] B", "    pump")
    assert len(set(first)) == 2
    assert (
        named("2 results", f"[{other.id} p.4] B", "    sales", f"[{one.id} p.1] A", f"[{one.id} p.1] A") == first[::-1]
    )
    assert set(named(f"[{one.id} p.2] A")).isdisjoint(first)
    assert len(named("1 result", leads=("https://a.example/x",))) == 1
    assert place_digests(BY_NAME["read"], Observation(f"[{one.id} p.1] A", sources=refs)) == ()


def test_text_that_cannot_be_encoded_has_an_outcome() -> None:
    assert gave("read", Observation("broken \ud800"), source="S1")
