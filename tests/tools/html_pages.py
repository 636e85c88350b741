"""Pages for tests of the HTML reader: tables, tagged facts, and what was read of them."""

from kimi_tui.cells import Cell, decode_cells
from kimi_tui.tools.text.html_reader import read_html

XBRL = (
    '<div style="display:none"><ix:header><ix:hidden><ix:nonFraction name="us-gaap:Hidden" contextRef="c" unitRef="u" '
    'scale="6">999</ix:nonFraction></ix:hidden><ix:resources><xbrli:context id="c"><xbrli:entity><xbrli:identifier '
    'scheme="x">0001</xbrli:identifier></xbrli:entity><xbrli:period><xbrli:startDate>2024-01-01</xbrli:startDate>'
    "<xbrli:endDate>2024-12-31</xbrli:endDate></xbrli:period></xbrli:context><xbrli:context id='i'><xbrli:entity>"
    "<xbrli:identifier scheme='x'>0001</xbrli:identifier><xbrli:segment><xbrldi:explicitMember dimension='d'>x:Cloud"
    "</xbrldi:explicitMember></xbrli:segment></xbrli:entity><xbrli:period><xbrli:instant>2024-12-31</xbrli:instant>"
    "</xbrli:period></xbrli:context><xbrli:unit id='u'><xbrli:measure>iso4217:USD</xbrli:measure></xbrli:unit>"
    "<xbrli:unit id='e'><xbrli:divide><xbrli:unitNumerator><xbrli:measure>iso4217:USD</xbrli:measure>"
    "</xbrli:unitNumerator><xbrli:unitDenominator><xbrli:measure>xbrli:shares</xbrli:measure></xbrli:unitDenominator>"
    "</xbrli:divide></xbrli:unit></ix:resources></ix:header></div>"
    "<p>Report of <ix:nonNumeric name='dei:EntityRegistrantName' contextRef='c'>Example &amp; Co</ix:nonNumeric></p>"
)


def fact(shown: str, name: str = "x:Fact", context: str = "c", unit: str = "u", more: str = 'scale="6"') -> str:
    return f'<ix:nonFraction name="{name}" contextRef="{context}" unitRef="{unit}" {more}>{shown}</ix:nonFraction>'


FISCAL = (
    "<p>For the fiscal year ended February 2, 2025. Fiscal 2024 ended on February 2, 2025 and fiscal 2023 ended on "
    "January 28, 2024, and fiscal 2022 ended on January 29, 2023.</p><h2>Results</h2>"
)


Span = tuple[str, str]


def table(*rows: str) -> str:
    lines = ("".join(f"<td>{cell.strip()}</td>" for cell in row.split("|")) for row in rows)
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def page_cells(html: str, *, tagged: bool = True) -> list[Cell]:
    read = read_html(f"<html><body>{html}</body></html>".encode(), article=False, tagged=tagged)
    return list(decode_cells(read.cells))


def periods(html: str) -> list[Span]:
    return [(cell.period_start, cell.period_end) for cell in page_cells(html)]
