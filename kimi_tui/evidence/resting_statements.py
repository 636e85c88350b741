"""From a source back to the memo: the statements that rest on one of its parts."""

from kimi_tui.evidence.memo import CheckedMemo, Statement
from kimi_tui.evidence.places import part_labels
from kimi_tui.sources import Source


def find_resting_statements(memo: CheckedMemo, source: Source, label: str = "") -> list[tuple[int, Statement]]:
    """Return the statements, with their numbers, that cite a part or have cells in it; without a label, of any part.

    A statement that cites the whole source rests on each of its parts, unless its cells say which.
    """
    return [(number, one) for number, one in enumerate(memo.statements) if _rests_on(memo, one, source, label)]


def _rests_on(memo: CheckedMemo, statement: Statement, source: Source, label: str) -> bool:
    cited = [memo.citations[number] for number in statement.citations if number < len(memo.citations)]
    cells = [cell for cell in statement.cells if cell.source == source.ref.id]
    cells += [cell for cite in cited for cell in cite.cells if cell.source == source.ref.id]
    if any(cell.part == label for cell in cells) or (cells and not label):
        return True
    for place in (place for cite in cited for place in cite.places if place.source == source.ref.id):
        named = part_labels(source, place)
        if not label or (label in named and not (cells and len(named) > 1)):
            return True
    return False
