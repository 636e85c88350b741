"""Turn tables that a page makes of other elements into table elements: by style sheet, or by their roles."""

from typing import Any

from kimi_tui.tools.text.html_styles import StyleSheet

_ROLES = {
    "table": "table",
    "grid": "table",
    "treegrid": "table",
    "rowgroup": "tbody",
    "row": "tr",
    "cell": "td",
    "gridcell": "td",
    "columnheader": "th",
    "rowheader": "th",
}
_DISPLAYS = {
    "table": "table",
    "table-header-group": "thead",
    "table-row-group": "tbody",
    "table-footer-group": "tfoot",
    "table-row": "tr",
    "table-cell": "td",
    "table-caption": "caption",
}
_OWN = frozenset(("table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption", "html", "body"))
_MIN_ROWS = 2


def make_table_elements(tree: Any, styles: StyleSheet) -> None:
    """Rename the elements of such tables; one of fewer than two rows, or of cells without rows, stays as it was."""
    found = [(element, kind) for element in tree.iter() if (kind := _kind(element, styles))]
    kinds = dict(found)
    for outer, kind in found:
        if kind != "table":
            continue
        rows = [one for one in outer.iterdescendants() if kinds.get(one) == "tr" and _table_of(one, kinds) is outer]
        cells = [cell for row in rows for cell in row if kinds.get(cell) in ("td", "th")]
        if len(rows) < _MIN_ROWS or len(cells) < 2 * len(rows):
            continue
        for element in (outer, *rows, *cells):
            element.tag = kinds[element]
        for group in outer:
            if kinds.get(group) in ("thead", "tbody", "tfoot", "caption"):
                group.tag = kinds[group]


def _kind(element: Any, styles: StyleSheet) -> str:
    """Return the element of a table that another one is shown as; empty for none."""
    if not isinstance(element.tag, str) or element.tag in _OWN:
        return ""
    return _ROLES.get(element.get("role", ""), "") or _DISPLAYS.get(styles.display(element), "")


def _table_of(row: Any, kinds: dict[Any, str]) -> Any:
    """Return the nearest table that a row is directly, or by a group of rows, inside of; None for none."""
    parent = row.getparent()
    if parent is not None and kinds.get(parent) in ("thead", "tbody", "tfoot"):
        parent = parent.getparent()
    return parent if parent is not None and kinds.get(parent) == "table" else None
