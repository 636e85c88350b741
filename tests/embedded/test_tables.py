"""From schemas to statements, and from rows to comparisons."""

import sqlite3

import pytest

from kimi_tui.embedded.comparisons import compare_rows
from kimi_tui.embedded.observation_parser import ObservedCall, ObservedTable, parse_table
from kimi_tui.embedded.question_parser import read_question
from kimi_tui.embedded.select_builder import (
    TableSchema,
    build_remarks_select,
    build_selects,
    parse_schemas,
    score_table,
)

LISTING = """4 tables in f.sqlite.
- table firms, 2 rows: id INTEGER; name TEXT
- table wide, 8 rows: firm_id INTEGER; quarter TEXT; revenue REAL; margin REAL
- table company, 2 rows: id INTEGER; name TEXT
- table notes, 3 rows: subject TEXT; note TEXT
- view long: company TEXT; fiscal_year INTEGER; metric TEXT; basis TEXT; unit TEXT; value"""
QUESTION = read_question("How did the revenue of O'Hara and Brisk develop from 2022 to 2024?")


def listed(text: str = LISTING) -> dict[str, TableSchema]:
    return {
        one.name: one for one in parse_schemas(ObservedCall("query_database", {"database": "f.sqlite"}, text, "ok"))
    }


def test_a_table_with_keys_is_joined_with_the_names_behind_them() -> None:
    statement = build_selects(listed()["wide"], QUESTION)[0]
    assert 'JOIN "firms" AS company ON company."id" = t."firm_id"' in statement
    assert "company.\"name\" LIKE '%O''Hara%'" in statement
    assert "t.\"quarter\" LIKE '%2023%'" in statement


def test_a_long_table_is_filtered_by_what_is_measured() -> None:
    statement = build_selects(listed()["long"], QUESTION)[0]
    assert "\"metric\" LIKE '%revenue%'" in statement
    assert '"value"' in statement


def test_every_statement_is_one_that_sqlite_runs() -> None:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE firms (id INTEGER, name TEXT)")
    database.execute('CREATE TABLE wide (firm_id INTEGER, quarter TEXT, revenue REAL, "margin" REAL)')
    database.execute("CREATE TABLE long (company, fiscal_year, metric, basis, unit, value)")
    database.execute("CREATE TABLE notes (subject TEXT, note TEXT)")
    hostile = read_question("revenue and margin of X'; DROP TABLE wide; -- and Y%_ Corp in 2023, \"a'b\"")
    for question in (QUESTION, hostile, read_question("revenue?"), read_question("'")):
        for schema in listed().values():
            for statement in [*build_selects(schema, question), build_remarks_select(schema, question)]:
                if schema.name != "company":
                    database.execute(statement)
    database.close()


@pytest.mark.parametrize("name", ['we"ird', "sel'ect", "a;b", "ünïcode"])
def test_hostile_identifiers_are_quoted(name: str) -> None:
    schema = listed(f"1 tables in f.sqlite.\n- table {name}, 1 row: company TEXT; year INTEGER; revenue REAL")[name]
    database = sqlite3.connect(":memory:")
    quoted = name.replace('"', '""')
    database.execute(f'CREATE TABLE "{quoted}" (company TEXT, year INTEGER, revenue REAL)')
    for statement in build_selects(schema, QUESTION):
        database.execute(statement)
    database.close()


def test_a_table_about_something_else_does_not_fit() -> None:
    text = "1 tables in f.sqlite.\n- table birds, 3 rows: species TEXT; wingspan REAL"
    assert score_table(listed(text)["birds"], QUESTION) == 0
    assert score_table(listed()["wide"], QUESTION) > 0


def test_notes_are_selected_by_the_words_of_the_question() -> None:
    assert "\"note\" LIKE '%revenue%'" in build_remarks_select(listed()["notes"], QUESTION)
    assert build_remarks_select(listed()["wide"], QUESTION) == ""


def rows(*lines: str) -> ObservedTable:
    text = "\n".join([f"[S1] {len(lines) - 1} rows from f.sqlite", *lines])
    found = parse_table(ObservedCall("query_database", {"database": "f.sqlite", "sql": "SELECT"}, text, "ok"))
    assert found is not None
    return found


def test_first_and_last_period_of_a_company_are_compared() -> None:
    found = compare_rows(
        rows("company | year | revenue", "A | 2022 | 10.0", "A | 2024 | 12.0", "B | 2024 | 7.0"), QUESTION
    )
    assert [change.growth_expression for change in found] == ["round((12.0 - 10.0) / 10.0 * 100, 1)"]
    assert found[0].description == ("revenue", "A", "", "2022", "2024")


def test_a_restated_year_is_compared_with_the_same_as_reported() -> None:
    lines = ("company | fiscal_year | metric | basis | unit | value", "A | 2023 | profit | reported | EUR | 100")
    found = compare_rows(rows(*lines, "A | 2023 | profit | restated | EUR | 90"), QUESTION)
    assert found[0].description == ("profit", "A", "EUR", "reported 2023", "restated 2023")
    assert found[0].is_restatement


@pytest.mark.parametrize(
    "lines",
    [
        ("company | year | operating_margin", "A | 2022 | 10", "A | 2024 | 12"),
        ("company | year | revenue", "A | 2022 | 0", "A | 2024 | 12"),
        ("company | year | revenue", "A | 2022 | NULL", "A | 2024 | 12"),
        ("company | year | revenue | quarters", "A | 2022 | 5 | 3", "A | 2024 | 12 | 4"),
        ("company | revenue", "A | 10", "A | 12"),
    ],
)
def test_compare_rows_incomparable_rows_are_skipped(lines: tuple[str, ...]) -> None:
    assert compare_rows(rows(*lines), QUESTION) == []


def test_negative_figures_grow_from_their_size() -> None:
    found = compare_rows(rows("company | year | profit", "A | 2022 | -10", "A | 2024 | 5"), QUESTION)
    assert found[0].growth_expression == "round((5 - -10) / abs(-10) * 100, 1)"
