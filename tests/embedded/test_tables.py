"""From schemas to statements, and from rows to figures."""

import sqlite3

import pytest

from kimi_tui.embedded.found_figures import FoundFigure, figures_of_query
from kimi_tui.embedded.observation_parser import ObservedCall, ObservedTable, parse_table
from kimi_tui.embedded.question_parser import read_question
from kimi_tui.embedded.select_builder import (
    TableSchema,
    build_remarks_select,
    parse_schemas,
    score_table,
    whole_select,
    word_select,
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


def test_join_names_a_key_of_another_table_brings_its_names() -> None:
    statement = whole_select(listed()["wide"])
    assert 'JOIN "firms" AS n1 ON n1."id" = t."firm_id"' in statement
    assert 'n1."name" AS "firms"' in statement
    assert "firm_id" not in statement.partition("FROM")[0]


def test_join_names_keys_of_any_name_are_followed() -> None:
    text = (
        "2 tables in w.sqlite.\n- table k01, 3 rows: k INTEGER; a TEXT\n- table f02, 90 rows: k INTEGER; p TEXT; v REAL"
    )
    assert 'JOIN "k01" AS n1 ON n1."k" = t."k"' in whole_select(listed(text)["f02"])


def test_word_select_of_a_large_table_ranks_by_words_names_and_periods() -> None:
    text = "1 table in f.sqlite.\n- table long, 9,000 rows: firm TEXT; quarter TEXT; metric TEXT; value REAL"
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE long (firm TEXT, quarter TEXT, metric TEXT, value REAL)")
    rows = [
        (firm, f"{year}Q{quarter}", metric, 1.0)
        for firm in ("Ander", "Brisk")
        for year in range(2015, 2026)
        for quarter in range(1, 5)
        for metric in ("order_backlog", "revenue")
    ]
    database.executemany("INSERT INTO long VALUES (?, ?, ?, ?)", rows)
    schema = listed(text)["long"]
    assert whole_select(schema) == ""
    found = database.execute(word_select(schema, read_question("order backlog of Brisk at the end of 2024"))).fetchall()
    database.close()
    assert found[0] == ("Brisk", "2024Q4", "order_backlog", 1.0)


def test_every_statement_is_one_that_sqlite_runs() -> None:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE firms (id INTEGER, name TEXT)")
    database.execute('CREATE TABLE wide (firm_id INTEGER, quarter TEXT, revenue REAL, "margin" REAL)')
    database.execute("CREATE TABLE long (company, fiscal_year, metric, basis, unit, value)")
    database.execute("CREATE TABLE notes (subject TEXT, note TEXT)")
    hostile = read_question("revenue and margin of X'; DROP TABLE wide; -- and Y%_ Corp in 2023, \"a'b\"")
    for question in (QUESTION, hostile, read_question("revenue?"), read_question("'")):
        for schema in listed().values():
            made = (whole_select(schema), word_select(schema, question), build_remarks_select(schema, question))
            for statement in made:
                if schema.name != "company":
                    database.execute(statement)
    database.close()


@pytest.mark.parametrize("name", ['we"ird', "sel'ect", "a;b", "ünïcode"])
def test_hostile_identifiers_are_quoted(name: str) -> None:
    schema = listed(f"1 tables in f.sqlite.\n- table {name}, 1 row: company TEXT; year INTEGER; revenue REAL")[name]
    database = sqlite3.connect(":memory:")
    quoted = name.replace('"', '""')
    database.execute(f'CREATE TABLE "{quoted}" (company TEXT, year INTEGER, revenue REAL)')
    for statement in (whole_select(schema), word_select(schema, QUESTION)):
        database.execute(statement)
    database.close()


def test_score_table_counts_words_of_the_question_and_wants_figures() -> None:
    assert score_table(listed()["wide"], QUESTION) > score_table(listed()["long"], QUESTION)
    assert score_table(listed()["notes"], QUESTION) == 0


def test_notes_are_selected_by_the_words_of_the_question() -> None:
    assert "\"note\" LIKE '%revenue%'" in build_remarks_select(listed()["notes"], QUESTION)
    assert build_remarks_select(listed()["wide"], QUESTION) == ""


def rows(*lines: str) -> ObservedTable:
    text = "\n".join([f"[S1] {len(lines) - 1} rows from f.sqlite", *lines])
    found = parse_table(ObservedCall("query_database", {"database": "f.sqlite", "sql": "SELECT"}, text, "ok"))
    assert found is not None
    return found


def figures(*lines: str) -> list[FoundFigure]:
    return list(figures_of_query(rows(*lines)))


def test_figures_of_query_a_long_table_gives_measure_owner_period_and_unit() -> None:
    lines = ("c1 | c2 | c3 | c4 | c5", "Anden SA | 2024-Q3 | revenue | 12.5 | EUR thousand")
    (found,) = figures(*lines, "Anden SA | 2024-Q4 | ebitda | NULL | EUR thousand")
    assert (found.measure, found.things, found.when, found.printed) == (
        "revenue", ("Anden SA",), "Q3 2024", "EUR 12.5 thousand",
    )  # fmt: skip
    assert found.cite == "S1 row 1"


def test_figures_of_query_years_as_columns_are_periods() -> None:
    found = figures("firm | c_2023 | c_2024", "Anden | 7 | 9")
    assert [(one.when, one.value) for one in found] == [("2023", "7"), ("2024", "9")]


@pytest.mark.parametrize(
    ("column", "printed"),
    [
        ("operating_cost_gbp_thousand", "GBP 5 thousand"),
        ("bed_occupancy_pct", "5 %"),
        ("median_wait_weeks", "5 weeks"),
        ("employees", "5"),
        ("intensity", "5 (unit not stated in the source)"),
    ],
)
def test_figures_of_query_a_unit_is_that_of_the_title_or_said_to_be_missing(column: str, printed: str) -> None:
    (found,) = figures(f"site | month | {column}", "Ash | Jan 2024 | 5")
    assert found.printed == printed


def test_figures_of_query_money_beside_a_count_is_not_its_unit() -> None:
    found = figures("firm | quarter | revenue | headcount | units", "Anden | 2024Q4 | 90 | 31 | EUR thousand")
    assert [one.printed for one in found] == ["EUR 90 thousand", "31"]
