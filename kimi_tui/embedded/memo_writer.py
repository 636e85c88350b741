"""Write the memo: quotes, figures and citations in Markdown, from evidence alone.

Every line that states something carries its citation; what has none stands under a heading that says so. The text
of sources appears only between quotation marks or as a cleaned title, so that none of its marks takes effect.
"""

import re
from collections.abc import Iterator
from itertools import takewhile

import msgspec

from kimi_tui.embedded.comparisons import RowComparison, compare_rows
from kimi_tui.embedded.figures import table_unit
from kimi_tui.embedded.memo_evidence import MemoEvidence, mentions_aspect
from kimi_tui.embedded.observation_parser import ObservedCall, ObservedPassage, ObservedTable, parse_calculation
from kimi_tui.embedded.observed_rows import ObservedRow
from kimi_tui.embedded.owners import absent, names_of, owners
from kimi_tui.embedded.question_parser import YEAR
from kimi_tui.embedded.relevance import unique_by
from kimi_tui.embedded.select_builder import is_by_words
from kimi_tui.embedded.sentences import PassageSentence, fold_blanks, is_instruction
from kimi_tui.embedded.short_answer import find_answer, is_asked
from kimi_tui.embedded.turn_history import TurnHistory

SIGNATURE = (
    "*Written by the embedded extractive researcher. It has no neural model: it ranked sentences by shared words, "
    "quoted them and understood nothing.*"
)
"""The memo's last line."""
NOTE = "*Not Kimi but the embedded extractive researcher, which has no model, found on this desk:*"
"""The memo's first line; what ends in a colon announces and states nothing."""
NO_ANSWER = "**No row and no sentence that was read answers this**"
"""The first line where nothing is good enough: a heading, for it states nothing of a source."""
MAX_MATCHED_ROWS = 6
"""Rows that only share words with the question, of which a memo shows the first."""
MAX_ROW_CHARS = 200
"""A longer row is running text."""
MAX_TABLE_ROWS = 20
"""Rows of a database that a memo shows."""

_PLACE = re.compile(r"(?:p\.|§)\d+(?:-\d+)?")
_PROBLEM = re.compile(r"(?:at|cited for:) “(.*?)”(?=: |\s*$)", re.MULTILINE)
_OTHER_FIGURES = re.compile(r"\S*\d\S*")
_PERIOD = re.compile(r"\W*(?:(?:FY)?(?:19|20)\d\d(?:-?[QH][1-4])?|[QH][1-4])\W*")


class MemoSection(msgspec.Struct, frozen=True):
    """A heading and the lines under it."""

    heading: str
    """Empty for what comes before the first heading."""
    lines: tuple[str, ...]
    kind: str = "list"
    """`list`, `paragraph` or `table`; a table's first line is its head."""


class MemoDraft(msgspec.Struct, frozen=True):
    """A memo to submit."""

    title: str
    text: str


def write_memo(trail: TurnHistory, evidence: MemoEvidence) -> MemoDraft:
    """Write the memo for a turn, without the sentences that earlier submissions were refused for."""
    refused = parse_problems(trail.turn)
    missing = absent(trail)
    answer = _short_answer(trail, evidence, missing, refused)
    nothing = [f"**Nothing on the desk names {_printable(name)}**" for name in missing]
    nothing += [] if answer or missing else [NO_ANSWER]
    opening = MemoSection("", tuple(answer), "paragraph")
    sections = [
        *_aspects(trail, evidence),
        MemoSection("Calculated changes", tuple(line for line in _changes(trail) if line not in answer)),
        *_database(trail),
        MemoSection("Where sources disagree", tuple(_disagreements(evidence))),
        MemoSection("Cautions", tuple(_cautions(evidence))),
    ]
    kept = [msgspec.structs.replace(one, lines=_remove_refused(one.lines, refused)) for one in sections]
    cited = any("[S" in line for section in [opening, *kept] for line in section.lines)
    kept.append(MemoSection("What could not be found", tuple(_gaps(trail, evidence, cited))))
    blocks = [
        _format_section(section) for section in [opening, *kept] if len(section.lines) > (section.kind == "table")
    ]
    return MemoDraft(_title(trail), "\n\n".join([NOTE, *nothing, *blocks, "## How this memo was made", SIGNATURE]))


def parse_problems(observed: tuple[ObservedCall, ...]) -> tuple[str, ...]:
    """Return the words around each citation or sentence that a submission was refused for, white space folded."""
    texts = [one.text for one in observed if one.tool == "submit_memo" and one.outcome != "ok"]
    return tuple(fold_blanks(found).rstrip("…").strip() for text in texts for found in _PROBLEM.findall(text))


def _remove_refused(lines: tuple[str, ...], refused: tuple[str, ...]) -> tuple[str, ...]:
    """Return the lines of a section that no refusal names; the lines of a paragraph are also checked together."""
    return tuple(
        line for line in lines if not any(words and _matches_refused(words, fold_blanks(line)) for words in refused)
    )


def _matches_refused(refused: str, line: str) -> bool:
    """Return whether refused words are in a line, or end in it after starting in the line before."""
    return refused in line or any(line.startswith(refused[n:]) for n in range(1, max(len(refused) - 25, 1)))


def _format_section(section: MemoSection) -> str:
    """Return a section as Markdown."""
    heading = [f"## {section.heading}", ""] if section.heading else []
    if section.kind == "paragraph":
        return "\n".join([*heading, " ".join(section.lines)])
    if section.kind == "table":
        return "\n".join([*heading, *section.lines])
    return "\n".join([*heading, *(f"- {line}" for line in section.lines)])


def plain_words(text: str, limit: int = 80, figures: bool = False) -> str:
    """Return the words of a title or note without Markdown; figures other than periods only if wanted."""
    if is_instruction(text):
        return ""
    kept = re.sub(r"[^\w\s.,&'’()/–-]|_", " ", text).split()
    wanted = [word for word in kept if figures or not _OTHER_FIGURES.fullmatch(word) or _PERIOD.fullmatch(word)]
    return " ".join(wanted)[:limit].strip(" .,-–/")


def _name(passage: ObservedPassage) -> str:
    """Return what the memo calls a document.

    Years are left out of a file's name, because a figure there would be checked as one of the sentence.
    """
    title = plain_words(passage.title)
    if len(re.findall(r"[^\W\d_]{3,}", title)) > 1:
        return title
    file = re.sub(r"[-_.\s]*(?<![^\W_])\d{3,}(?=[-_.\s]|$)", "", passage.path.rpartition("/")[2])
    return plain_words(file.replace("_", "-"), figures=True) or title or f"Source {passage.source}"


def _printable(name: str) -> str:
    """Return a name of the question without marks that take effect."""
    return plain_words(name, 60, figures=True) or "one of the names asked for"


def _cite(passage: ObservedPassage) -> str:
    """Return a citation of a passage's place, or of the whole source when the place has no known form."""
    return f"[{passage.cite}]" if _PLACE.fullmatch(passage.label) else f"[{passage.source}]"


def _title(trail: TurnHistory) -> str:
    """Return the question as a title."""
    text = " ".join(re.sub(r"[^\w\s.,&'’()/%–-]", " ", trail.question.text).split())
    return (text[:117].rsplit(" ", 1)[0] + "…" if len(text) > 120 else text) or "Memo"


def _quote_sentence(sentence: PassageSentence) -> str:
    """Return a sentence of the memo that quotes one of a document."""
    unit = table_unit(sentence)
    note = f" (in {unit}, as that page says)" if unit else ""
    return f'{_name(sentence.passage)}: "{sentence.quote}"{note} {_cite(sentence.passage)}.'


def calculated_comparisons(trail: TurnHistory) -> list[tuple[RowComparison, str, str]]:
    """Return the comparisons that were calculated: the change, the calculation's source id and its result."""
    found = []
    results = {
        str(one.arguments.get("code", "")): parse_calculation(one)
        for one in trail.all_observations
        if one.tool == "calculate"
    }
    for change in find_comparisons(trail):
        result = results.get(change.growth_expression)
        if result and re.fullmatch(r"-?\d+(?:\.\d+)?", result[1]):
            found.append((change, *result))
    return found


def find_comparisons(trail: TurnHistory) -> list[RowComparison]:
    """Return what can be compared: restated figures, sums by year, then rows; each measure of a company once."""
    compared_by = [table for table in trail.tables() if not is_by_words(table.sql)]
    tables = sorted(compared_by, key=lambda table: "quarters" not in table.columns)
    found = [change for table in tables for change in compare_rows(table, trail.question)]
    found.sort(key=lambda change: (not change.is_restatement, "quarter" in "".join(change.table.columns[:3])))
    once = unique_by(found, lambda change: change.description if change.is_restatement else change.description[:2])
    return unique_by(once, lambda change: change.growth_expression)[:3]


def _describe_change(change: RowComparison, source: str, result: str) -> str:
    """Return a calculated change in words, with the rows behind it."""
    measure, who, unit, first, second = (plain_words(word, 60) for word in change.description)
    when = f"from {first} to {second}" if first != second else "over the period"
    rows = f"{change.table.source} row {change.first + 1}; {change.table.source} row {change.second + 1}"
    old, new = change.values
    subject = f"{measure[:1].upper()}{measure[1:]}" + (f" of {who}" if who else "")
    amounts = f"{old} to {new} {unit}".rstrip()
    return f"{subject} went from {amounts} {when}, a change of {result} % [{rows}; {source}]."


def _changes(trail: TurnHistory) -> list[str]:
    """Return the calculated changes in words."""
    return [_describe_change(*one) for one in calculated_comparisons(trail)]


def _short_answer(
    trail: TurnHistory, evidence: MemoEvidence, missing: tuple[str, ...], refused: tuple[str, ...]
) -> list[str]:
    """Rows and sentences that say what is asked, each with a citation; none when nothing says enough."""
    if missing and set(missing) >= set(names_of(trail.question)) - set(owners(trail)) and not owners(trail):
        return []
    found = find_answer(trail, evidence)
    rows = [_remove_refused((_row_line(row), _row_line_without_row(row)), refused)[:1] for row in found.rows]
    lines = [line for lines in rows for line in lines]
    lines += _remove_refused(tuple(_quote_sentence(one) for one in found.sentences), refused)
    changes = [change for change in calculated_comparisons(trail) if is_asked(trail, change[0].description[0])]
    return [*unique_by(lines, str)[:4], *_remove_refused(tuple(_describe_change(*one) for one in changes[:2]), refused)]


def _row_line(row: ObservedRow) -> str:
    """Return a figure with its row, period and document."""
    value = " ".join(filter(None, (row.value, row.scale)))
    label = plain_words(row.label, 100, figures=True)
    if row.number:
        return f"{_name(row.passage)}: {label}{_beside(row)}: {value} [{row.cite}]."
    head = plain_words(row.head.partition("(")[0], 60, figures=True)
    return f"{_name(row.passage)}: {label}{f' ({head})' if head else ''}: {value} [{row.cite}]."


def _row_line_without_row(row: ObservedRow) -> str:
    """Return the same in other words and with its place alone, for a check that knows no cells there."""
    label, head = plain_words(row.label, 100, figures=True), plain_words(row.head.partition("(")[0], 60, figures=True)
    place = f"{row.passage.source} row {row.number}" if row.number else row.passage.cite
    value = " ".join(filter(None, (row.value, row.scale)))
    return f"{_name(row.passage)} gives {label} {f'for {head} ' if head else ''}as {value} [{place}]."


def _beside(row: ObservedRow) -> str:
    """Return the period that a query's row names, in brackets; empty if none."""
    head = " ".join(word for word in row.head.split() if YEAR.match(word))
    head = plain_words(head, 80, figures=True)
    return f" ({head})" if head else ""


def _aspects(trail: TurnHistory, evidence: MemoEvidence) -> Iterator[MemoSection]:
    """Yield the chosen sentences by the aspect of the question that they speak of, each once."""
    rest = list(evidence.chosen)
    for aspect in trail.question.aspects[:6]:
        speaking = [sentence for sentence in rest if mentions_aspect(sentence, aspect)]
        if speaking:
            yield MemoSection(_heading(aspect), tuple(_quote_sentence(sentence) for sentence in speaking[:5]))
        rest = [sentence for sentence in rest if sentence not in speaking[:5]]
    if rest:
        yield MemoSection("Related passages", tuple(_quote_sentence(sentence) for sentence in rest))


def _heading(aspect: str) -> str:
    """Return an aspect as a heading."""
    words = plain_words(aspect) or "Aspect"
    return words[:1].upper() + words[1:]


def _database(trail: TurnHistory) -> Iterator[MemoSection]:
    """Yield the rows of the last queries as tables, every row with its citation."""
    tables = unique_by(trail.tables(), lambda table: table.sql)[:4]
    for table in (_shortened(one) if is_by_words(one.sql) else one for one in tables):
        name = _name(ObservedPassage(table.source, "", "", path=table.database))
        what = "Sums by year" if "quarters" in table.columns else "Figures"
        yield MemoSection(f"{what} from {name}", tuple(_table_lines(table)), "table")


def _shortened(table: ObservedTable) -> ObservedTable:
    """The first rows without the ones that hold running text; they keep their numbers, for only later ones go."""
    kept = list(takewhile(lambda row: sum(map(len, row)) < MAX_ROW_CHARS, table.rows))
    return msgspec.structs.replace(table, rows=tuple(kept[:MAX_MATCHED_ROWS]))


def _table_lines(table: ObservedTable) -> Iterator[str]:
    """Yield a Markdown table; figures are in it as the database gave them."""
    head = [_cell(column.replace("_", " ")) for column in table.columns]
    yield "| " + " | ".join([*head, "source"]) + " |\n|" + " --- |" * (len(head) + 1)
    for number, row in enumerate(table.rows[:MAX_TABLE_ROWS], 1):
        yield "| " + " | ".join([*map(_cell, row), f"[{table.source} row {number}]"]) + " |"


def _cell(text: str) -> str:
    """Return a cell without marks that could leave it."""
    cleaned = " ".join(re.sub(r"[^\w\s.,&'’()/%+:–-]", " ", text).split())
    cleaned = re.sub(r"^((?:19|20)\d\d)-?(Q[1-4])$", r"\2 \1", cleaned)  # a period in the spelling that memos use
    return "" if is_instruction(text) else cleaned[:200]


def _disagreements(evidence: MemoEvidence) -> Iterator[str]:
    """Each disagreement as one sentence with both citations."""
    for pair in evidence.disagreements:
        first, second = pair.first.sentence, pair.second.sentence
        about = f"{pair.first.measure} {pair.first.period}".strip()
        why = ", about a thousand times apart, so one of the units is likely to be wrong" if pair.by_scale else ""
        yield (
            f'On {about}, {_name(first.passage)} says "{first.quote}" {_cite(first.passage)}, but '
            f'{_name(second.passage)} says "{second.quote}"{why} {_cite(second.passage)}.'
        )


def _cautions(evidence: MemoEvidence) -> Iterator[str]:
    """Yield what a reader should know of the sources."""
    for sentence in evidence.restated:
        yield f'Figures were restated or corrected: "{sentence.quote}" {_cite(sentence.passage)}.'
    for _, sentence in evidence.dates:
        yield (
            f"{_name(sentence.passage)} may be out of date, older than the newest source here: "
            f'"{sentence.quote}" {_cite(sentence.passage)}.'
        )
    for passage in evidence.flagged:
        yield (
            f"A passage of {_name(passage)} reads like instructions to a model; it was neither followed nor quoted "
            f"{_cite(passage)}."
        )


def _gaps(trail: TurnHistory, evidence: MemoEvidence, cited: bool) -> Iterator[str]:
    """Yield what was not found, refused, failed or unread; `cited` says whether the memo has citations."""
    if not cited:
        yield "No sentence shares enough words with the question, so this memo answers nothing."
    for aspect in evidence.missing[:6]:
        yield f"No quoted passage speaks of {plain_words(aspect) or 'one of the words asked for'}."
    for one in trail.turn:
        if " 0 rows from" in one.first_line:
            yield f"A query of {plain_words(str(one.arguments.get('database', ''))) or 'a database'} met no row."
        if one.outcome == "vetoed":
            yield f"A call of {re.sub('[^a-z0-9_]', '', one.tool)} was vetoed, so what it would have given is not here."
        if one.outcome in ("denied", "error") and one.tool != "submit_memo":
            reason = plain_words(one.first_line, 160, figures=True)
            yield f"The call {re.sub('[^a-z0-9_]', '', one.tool)} gave nothing ({one.outcome})" + (
                f": {reason}." if reason else "."
            )
    read = {passage.path for passage in trail.passages() if passage.weight == 1.0}
    unread = [one.path for one in trail.listing() if one.path not in read and not one.is_queryable]
    if unread:
        some = ", ".join(
            plain_words(path.rpartition("/")[2], figures=True) or "one with an unreadable name" for path in unread[:8]
        )
        yield f"Documents of the desk that were not opened: {some}{' and others' if len(unread) > 8 else ''}."
    if trail.closing:
        yield "The budget was spent before the work was done."
