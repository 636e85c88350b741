"""The filings of the desk: which there are, what each may know, and how a template becomes a PDF."""

import random
from dataclasses import dataclass
from pathlib import Path

from tools.sample_desk.facts import CORVANNE, ISBREKKA, THARNHOLM, Company
from tools.sample_desk.figures import FiguresView, fields
from tools.sample_desk.layout import FilingPdf, save
from tools.sample_desk.note_tables import TABLES
from tools.sample_desk.tables import FilingTable
from tools.sample_desk.template import blocks


@dataclass(frozen=True)
class FilingDocument:
    """One filing to be printed."""

    name: str
    """File name without its ending, and the name of its template."""
    title: str
    """As on the cover."""
    company: Company
    """The issuer."""
    period: str
    """The reporting period."""
    published: str
    """Day of publication, ISO 8601."""
    unit: str = "m"
    """Unit of all its tables."""
    restated: bool = True
    """True when it already shows the corrected 2023."""


_BOND_TITLE = "Prospectus (extract): 4.125% senior notes due 2028"
_NOTICE_TITLE = "Notice of restatement of the fiscal year 2023"
DOCUMENTS = (
    FilingDocument("tharnholm-bond-prospectus-2023", _BOND_TITLE, THARNHOLM, "2022", "2023-05-12"),
    FilingDocument(
        "tharnholm-annual-report-2023", "Annual Report 2023", THARNHOLM, "2023", "2024-03-14", restated=False
    ),
    FilingDocument("tharnholm-restatement-notice-2024", _NOTICE_TITLE, THARNHOLM, "2023", "2024-12-09"),
    FilingDocument("tharnholm-annual-report-2024", "Annual Report 2024", THARNHOLM, "2024", "2025-03-20"),
    FilingDocument("corvanne-annual-report-2024", "Annual Report 2024", CORVANNE, "2024", "2025-03-27", unit="k"),
    FilingDocument("isbrekka-annual-report-2024-25", "Annual Report 2024/25", ISBREKKA, "2025", "2025-06-19"),
    FilingDocument(
        "tharnholm-half-year-report-2025", "Half-Year Report 2025", THARNHOLM, "h2025", "2025-08-07", unit="k"
    ),
)
"""All filings, in the order of publication."""


def write(folder: Path) -> None:
    """Print every filing into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for document in DOCUMENTS:
        save(_filing(document), folder / f"{document.name}.pdf")


def _filing(document: FilingDocument) -> FilingPdf:
    """A filing, set from its template."""
    view = FiguresView(document.company, document.restated)
    seed = random.Random(document.name)
    body = list(blocks(document.name, fields(view, document.period), seed))
    filing = FilingPdf(document.company.name, document.title, document.published)
    headings = sum(block.kind in {"chapter", "section"} for block in body)
    filing.cover((block.text for block in body if block.kind == "cover"), headings)
    tables = [_table(view, document, block.text) if block.kind == "table" else None for block in body]
    for block, table, table_follows in zip(body, tables, [*tables[1:], None], strict=True):
        if table:
            filing.add_table(table)
        elif block.kind != "cover":
            filing.add(block, table_follows)
    return filing


def _table(view: FiguresView, document: FilingDocument, text: str) -> FilingTable:
    """The table that `@table name period ...` asks for; NOW and PAST are the document's own periods."""
    name, *periods = text.split()
    own = {"NOW": document.period, "PAST": view.before(document.period)}
    return TABLES[name](view, document.unit, [own.get(period, period) for period in periods])
