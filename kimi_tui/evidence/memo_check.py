"""Check a memo: every statement, its citations, and what the cited places say.

The model writes ids, places, rows and quotes (`"... words ..." [S12 p.4 "Net sales" 2018]`). Nothing here reads a
disk: sources come from what is passed in.
"""

import re

import msgspec

from kimi_tui.evidence.amounts import Amount, find_amounts
from kimi_tui.evidence.cell_inputs import inputs_of
from kimi_tui.evidence.claim_check import ClaimCheck
from kimi_tui.evidence.claims import Claim
from kimi_tui.evidence.findings import Verdict, worst_verdict
from kimi_tui.evidence.memo import CheckedMemo, Citation, Statement, shorten_line
from kimi_tui.evidence.passages import CitedPassage, PassageFinder
from kimi_tui.evidence.places import SourcePlace, parse_places
from kimi_tui.evidence.quotes import find_quotes
from kimi_tui.evidence.sentences import SentenceSpan, split_memo_sentences
from kimi_tui.evidence.source_lookup import SourceLookup
from kimi_tui.evidence.table_claims import MemoTableRow, parse_table_row
from kimi_tui.session import SessionError

_MARKER = re.compile(r"[\[\u3010](S\d{1,6}\b[^\[\]\u3010\u3011\n]{0,300})[\]\u3011]")
"""A citation by source id; models also write full-width brackets."""
_BETWEEN = " ,;.:()*_|\t\n"
"""What may stand between two markers that vouch for the same words."""
_NO_CITATION = Verdict("unchecked", "", "no source is cited")


def check_memo(title: str, text: str, stored: SourceLookup) -> CheckedMemo:
    """Check every statement of a memo that cites by ids; `path_citations.with_ids` makes ids of paths."""
    passages = PassageFinder(stored)
    citations: list[Citation] = []
    statements: list[Statement] = []
    spans = split_memo_sentences(text)
    for span in spans:
        found = _check_sentence(text, span, passages)
        verdict = worst_verdict(Verdict(cite.finding, cite.by, cite.detail, cite.cells, cite.fixable) for cite in found)
        numbers = tuple(range(len(citations), len(citations) + len(found)))
        citations += found
        if found or span.needs_source:
            statements.append(_statement(text, span, verdict if found else _NO_CITATION, numbers))
    statements = [_check_repeated_figures(statement, statements, text) for statement in statements]
    if figures := _figures(title):
        verdict = _verdict_on_repeated(figures, statements, text)
        statements.insert(0, _build_statement(0, 0, shorten_line(title, 200), verdict, True, ()))
    known = dict.fromkeys(place.source for cite in citations if cite.is_followable for place in cite.places)
    return CheckedMemo(title, text, tuple(citations), tuple(known), (), tuple(statements))


def _statement(text: str, span: SentenceSpan, verdict: Verdict, numbers: tuple[int, ...]) -> Statement:
    words = shorten_line(text[span.start : span.end], 200)
    return _build_statement(span.start, span.end, words, verdict, span.needs_source, numbers)


def _build_statement(
    start: int, end: int, words: str, verdict: Verdict, needs: bool, numbers: tuple[int, ...]
) -> Statement:
    about = (verdict.finding, verdict.by, verdict.reason, verdict.cells)
    return Statement(start, end, words, *about, needs, numbers)


def _check_sentence(text: str, span: SentenceSpan, passages: PassageFinder) -> list[Citation]:
    """Return the citations of one sentence; each supports the words since the one before, the last also the rest."""
    cited: list[Citation] = []
    markers = list(_MARKER.finditer(text, span.start, span.end))
    row = parse_table_row(text, span.start, span.end)
    words, at = "", span.start
    for number, match in enumerate(markers, 1):
        new = _words_between(text, at, match.start(), span.start if row else at)
        at = match.end()
        if number == len(markers):
            new += " " + text[at : span.end]
        words = new if new.strip(_BETWEEN) else words  # one right behind another vouches for the same
        cited.append(_check_marker(match, words, passages, row))
    return cited


def _words_between(text: str, start: int, end: int, first: int) -> str:
    """Return the words between two places, blanked outside; positions in a table row are kept."""
    return " " * (start - first) + text[start:end]


def _check_marker(match: re.Match[str], words: str, passages: PassageFinder, row: MemoTableRow | None) -> Citation:
    """Resolve one marker and check what it vouches for in the places it names."""
    places = parse_places(match.group(1))
    verdict, resolved = _verdict(match.group(), places, words, passages, row)
    about = (match.start(), match.end(), match.group(), places or (), find_quotes(words))
    return Citation(*about, verdict.finding, verdict.reason, verdict.by, verdict.cells, resolved, verdict.fixable)


def _verdict(
    marker: str, places: tuple[SourcePlace, ...] | None, words: str, passages: PassageFinder, row: MemoTableRow | None
) -> tuple[Verdict, bool]:
    """Return the verdict on a marker, and whether all its places exist."""
    if places is None:
        wrong = 'this is not a citation; write [S12 p.4], [S12 \u00a73 "Net sales" 2018] or [S12 row 7; S13 p.2]'
        return Verdict("not found", "", wrong), False
    try:
        found = [passages.find_passage(place) for place in places]
    except SessionError as error:
        return Verdict("lookup failed", "", shorten_line(str(error), 200)), False
    missing = [why for why in found if isinstance(why, str)]
    if missing:
        return Verdict("not found", "", missing[0]), False
    read = [passage for passage in found if isinstance(passage, CitedPassage)]
    inputs = {one.source.ref.id: inputs_of(one, passages) for one in read if one.source.ref.kind == "calculation"}
    return ClaimCheck(_claim(words, row), read, marker, row, inputs).verdict(), True


def _claim(words: str, row: MemoTableRow | None) -> Claim:
    if row is None:
        return Claim(words)
    start, end, _ = row.cells[0] if row.cells else (0, 0, "")
    return Claim(words, row_label=words[start:end].strip(), in_table=True)


def _check_repeated_figures(statement: Statement, statements: list[Statement], text: str) -> Statement:
    """Return an uncited heading with the finding of the same figures elsewhere in the memo."""
    line = text[statement.start : statement.end]
    if statement.citations or not line.lstrip().startswith("#"):
        return statement
    figures = _figures(line)
    if not figures:
        return statement
    found = _verdict_on_repeated(figures, [one for one in statements if one is not statement], text)
    return msgspec.structs.replace(
        statement, finding=found.finding, by=found.by, reason=found.reason, cells=found.cells
    )


def _verdict_on_repeated(figures: list[Amount], statements: list[Statement], text: str) -> Verdict:
    """Return the finding on figures that are repeated without a citation."""
    verdicts = []
    for figure in figures:
        same = [one for one in statements if one.citations and _states(figure, text[one.start : one.end])]
        best = next((one for one in same if one.finding == "supported"), None)
        verdicts.append(
            Verdict("supported", best.by, "", best.cells)
            if best
            else Verdict("unchecked", "", f"no source is cited for {figure.text}")
        )
    return worst_verdict(verdicts)


def _states(figure: Amount, words: str) -> bool:
    return any(set(figure.values()) & set(one.values()) and figure.kind == one.kind for one in find_amounts(words))


def _figures(words: str) -> list[Amount]:
    return find_amounts(words.lstrip("# "))
