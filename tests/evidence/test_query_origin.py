"""Figures that a query or a program makes of numbers typed into it."""

import pytest

from kimi_tui.evidence.amounts import find_amounts
from kimi_tui.evidence.query_origin import computes_with_typed_numbers, counts_to_typed_limit, hides_its_inputs

TYPED = (
    "select 9*1100 as revenue from data",
    "select 9000+900 as revenue from data",
    "select 3*3*11*100 as revenue",
    "select 10*10*10*9+9*100 as revenue from data",
    "select 0x26ac as revenue from data",
    "select max(value)-max(value)+9000+900 as revenue from data",
    "select value*1.0731 as revenue from data",
    "select replace('9x9y0z0','x','') as revenue from data",
    "select length(hex(zeroblob(4950))) as revenue from data",
    "select coalesce(null, 9900) as revenue from data",
    "select ifnull(x, 9900) as revenue from data",
    "select max(min(value, 0), 9900) as revenue from data",
    "select printf('%d', 9900) as revenue from data",
    "select unicode('x') as revenue from data",
    "select strftime('%s', '1970-01-01 02:45:00') as revenue from data",
    "select json_extract('{\"a\":9900}', '$.a') as revenue from data",
    "select '99'||'00' as revenue from data",
    "select column1 as revenue from (values (9900))",
    "select value*0+12*12 as revenue from data",
)
HONEST = (
    "select value as revenue from data where value = 9900",
    "select sum(value) as revenue from data where year = 2024",
    "select count(*) as revenue from data",
    "select value/1000 as revenue from data",
    "select round(value/1e6, 1) as revenue from data where name = 'Revenue' and year = 2024",
    "select round(100.0*sum(a)/sum(b), 1) as share from data group by 1 limit 5",
    "select strftime('%Y', day) as year, sum(value) from data group by 1",
    "select sum(case when kind = 'x' then 1 else 0 end) from data",
    "select coalesce(value, 0) as revenue from data",
)


@pytest.mark.parametrize("sql", TYPED)
def test_computes_with_typed_numbers_finds_a_figure_of_the_query(sql: str) -> None:
    assert computes_with_typed_numbers(f"facts.csv: {sql}")


@pytest.mark.parametrize("sql", HONEST)
def test_computes_with_typed_numbers_lets_figures_of_tables_pass(sql: str) -> None:
    assert not computes_with_typed_numbers(f"facts.csv: {sql}")


def test_counts_to_typed_limit_finds_a_counted_limit() -> None:
    [amount] = find_amounts("9,900 rows")
    assert counts_to_typed_limit(amount, "facts.csv: select count(*) from data where rowid <= 9900")
    assert counts_to_typed_limit(amount, "facts.csv: select sum(1) from (select 1 from data limit 9900)")
    assert not counts_to_typed_limit(amount, "facts.csv: select count(*) from data where year = 2024")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("46309*0+9*1000+9*100", True),
        ("46309-46309+11*9*100", True),
        ("100*100-100 if 46309 else 0", True),
        ("46309//100 - 3", True),
        ("46309 + 9*1000", True),
        ("(46309-51362)/51362*100", False),
        ("3219/46309*100", False),
        ("(1210+1100+1000)/3", False),
        ("46309 - 2*3702", False),
    ],
)
def test_hides_its_inputs_finds_programs_that_need_none(code: str, expected: bool) -> None:
    assert hides_its_inputs(code) is expected
