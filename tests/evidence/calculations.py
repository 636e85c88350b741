"""Calculations from named cells, as sources of a session, for the tests of their inputs."""

from kimi_tui.evidence.cell_inputs import text_of
from kimi_tui.evidence.source_lookup import InMemorySources
from kimi_tui.sources import Part, Source
from tests.evidence.kit import CASH, INCOME, SOURCES, source

REVENUES_2025 = 'revenue = 46309000000 from [S1 p.2 "Revenues" 2025]: 46,309 (Revenues, 2025-05-31, in millions of USD)'
REVENUES_2024 = 'before = 51362000000 from [S1 p.2 "Revenues" 2024]: 51,362 (Revenues, 2024-05-31, in millions of USD)'
INCOME_2025 = (
    'income = 3702000000 from [S1 p.2 "Operating income" 2025]: 3,702 '
    "(Operating income, 2025-05-31, in millions of USD)"
)


def calculation(source_id: str, code: str, result: str, *inputs: str) -> Source:
    return source(source_id, "calculation", code, (Part("result", text_of(code, inputs, result)),))


STORED = InMemorySources(
    SOURCES
    | {
        "S11": calculation("S11", "revenue - income", "42607000000", REVENUES_2025, INCOME_2025),
        "S12": calculation("S12", "revenue / before - 1", "-0.0984", REVENUES_2025, REVENUES_2024),
        "S13": calculation("S13", "revenue * 2", "2", REVENUES_2025.replace("46309000000", "1")),
        "S14": calculation("S14", "income / revenue", "0.0799", INCOME_2025, REVENUES_2025),
    },
    {"S1": INCOME + CASH},
)
