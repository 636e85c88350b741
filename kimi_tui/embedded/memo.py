"""The memo: quotes, figures and citations in Markdown, built from evidence alone.

Every line that states something carries its citation; what has none stands under a heading that says so. The text
of sources appears only between quotation marks or as a cleaned title, so that none of its marks takes effect.
"""

import re
from collections.abc import Iterator
from itertools import takewhile

import msgspec

from kimi_tui.embedded.changes import Change, changes
from kimi_tui.embedded.evidence import Evidence, speaks_of
from kimi_tui.embedded.figures import table_unit
from kimi_tui.embedded.owners import absent, names_of, owners
from kimi_tui.embedded.question import YEAR
from kimi_tui.embedded.reading import Observed, Passage, Table, calculated
from kimi_tui.embedded.relevance import first_of_each
from kimi_tui.embedded.rows import Row
from kimi_tui.embedded.sentences import Sentence, fold, is_instruction
from kimi_tui.embedded.short_answer import find_answer, is_asked
from kimi_tui.embedded.tables import is_by_words
from kimi_tui.embedded.trail import Trail

SIGNATURE = (
    "*Written by the embedded extractive researcher. It has no neural model: it ranked sentences by shared words, "
    "quoted them and understood nothing.*"
)
"""The memo's last line."""
NOTE = "*Not Kimi but the embedded extractive researcher, which has no model, found on this desk:*"
"""The memo's first line; what ends in a colon announces and states nothing."""
NO_ANSWER = "**No row and no sentence that was read answers this**"
"""The first line where nothing is good enough: a heading, for it states nothing of a source."""
MOST_MATCHED_ROWS = 6
"""Rows that only share words with the question, of which a memo shows the first."""
MOST_ROW_CHARACTERS = 200
"""A longer row is running text."""
MOST_TABLE_ROWS = 20
"""Rows of a database that a memo shows."""

_PLACE = re.compile(r"(?:p\.|§)\d+(?:-\d+)?")
_PROBLEM = re.compile(r"(?:at|cited for:) “(.*?)”(?=: |\s*$)", re.MULTILINE)
_OTHER_FIGURES = re.compile(r"\S*\d\S*")
_PERIOD = re.compile(r"\W*(?:(?:FY)?(?:19|20)\d\d(?:-?[QH][1-4])?|[QH][1-4])\W*")


class Section(msgspec.Struct, frozen=True):
    """A heading and the lines under it."""

    heading: str
    """Empty for what comes before the first heading."""
    lines: tuple[str, ...]
    kind: str = "list"
    """`list`, `paragraph` or `table`; a table's first line is its head."""


class Draft(msgspec.Struct, frozen=True):
    """A memo ready to be submitted."""

    title: str
    text: str


def write(trail: Trail, evidence: Evidence) -> Draft:
    """The memo for a trail, less the sentences that were found wanting in earlier submissions."""
    refused = problems(trail.turn)
    missing = absent(trail)
    answer = _short_answer(trail, evidence, missing, refused)
    nothing = [f"**Nothing on the desk names {_printable(name)}**" for name in missing]
    nothing += [] if answer or missing else [NO_ANSWER]
    opening = Section("", tuple(answer), "paragraph")
    sections = [
        *_aspects(trail, evidence),
        Section("Calculated changes", tuple(line for line in _changes(trail) if line not in answer)),
        *_database(trail),
        Section("Where sources disagree", tuple(_disagreements(evidence))),
        Section("Cautions", tuple(_cautions(evidence))),
    ]
    kept = [msgspec.structs.replace(one, lines=_without(one.lines, refused)) for one in sections]
    cited = any("[S" in line for section in [opening, *kept] for line in section.lines)
    kept.append(Section("What could not be found", tuple(_gaps(trail, evidence, cited))))
    blocks = [_printed(section) for section in [opening, *kept] if len(section.lines) > (section.kind == "table")]
    return Draft(_title(trail), "\n\n".join([NOTE, *nothing, *blocks, "## How this memo was made", SIGNATURE]))


def problems(observed: tuple[Observed, ...]) -> tuple[str, ...]:
    """The words around each citation or sentence that a submission was refused for, white space folded."""
    texts = [one.text for one in observed if one.tool == "submit_memo" and one.outcome != "ok"]
    return tuple(fold(found).rstrip("…").strip() for text in texts for found in _PROBLEM.findall(text))


def _without(lines: tuple[str, ...], refused: tuple[str, ...]) -> tuple[str, ...]:
    """The lines that no refusal speaks of."""
    return tuple(line for line in lines if not any(words and _meets(words, fold(line)) for words in refused))


def _meets(refused: str, line: str) -> bool:
    """Whether refused words stand in a line, or end in it after beginning in the line before."""
    return refused in line or any(line.startswith(refused[n:]) for n in range(1, max(len(refused) - 25, 1)))


def _printed(section: Section) -> str:
    """A section as Markdown."""
    heading = [f"## {section.heading}", ""] if section.heading else []
    if section.kind == "paragraph":
        return "\n".join([*heading, " ".join(section.lines)])
    if section.kind == "table":
        return "\n".join([*heading, *section.lines])
    return "\n".join([*heading, *(f"- {line}" for line in section.lines)])


def plain(text: str, limit: int = 80, figures: bool = False) -> str:
    """Words of a title or a note without marks that take effect; of figures only periods, unless all are wanted."""
    if is_instruction(text):
        return ""
    kept = re.sub(r"[^\w\s.,&'’()/–-]|_", " ", text).split()
    wanted = [word for word in kept if figures or not _OTHER_FIGURES.fullmatch(word) or _PERIOD.fullmatch(word)]
    return " ".join(wanted)[:limit].strip(" .,-–/")


def _name(passage: Passage) -> str:
    """What the memo calls a document: its title, where that has words, else its file.

    Years are left out of a file's name, because a figure there would be checked as one of the sentence.
    """
    title = plain(passage.title)
    if len(re.findall(r"[^\W\d_]{3,}", title)) > 1:
        return title
    file = re.sub(r"[-_.\s]*(?<![^\W_])\d{3,}(?=[-_.\s]|$)", "", passage.path.rpartition("/")[2])
    return plain(file.replace("_", "-"), figures=True) or title or f"Source {passage.source}"


def _printable(name: str) -> str:
    """A name of the question without marks that take effect."""
    return plain(name, 60, figures=True) or "one of the names asked for"


def _cite(passage: Passage) -> str:
    """A citation of a passage's place, or of the whole source when the place has no known form."""
    return f"[{passage.cite}]" if _PLACE.fullmatch(passage.label) else f"[{passage.source}]"


def _title(trail: Trail) -> str:
    """The question as a title."""
    text = " ".join(re.sub(r"[^\w\s.,&'’()/%–-]", " ", trail.question.text).split())
    return (text[:117].rsplit(" ", 1)[0] + "…" if len(text) > 120 else text) or "Memo"


def _quoted(sentence: Sentence) -> str:
    """A sentence of the memo that quotes one of a document."""
    unit = table_unit(sentence)
    note = f" (in {unit}, as that page says)" if unit else ""
    return f'{_name(sentence.passage)}: "{sentence.quote}"{note} {_cite(sentence.passage)}.'


def compared(trail: Trail) -> list[tuple[Change, str, str]]:
    """The comparisons that were calculated: the change, the calculation's source id and its result."""
    found = []
    results = {
        str(one.arguments.get("code", "")): calculated(one) for one in trail.everything if one.tool == "calculate"
    }
    for change in comparable(trail):
        result = results.get(change.code)
        if result and re.fullmatch(r"-?\d+(?:\.\d+)?", result[1]):
            found.append((change, *result))
    return found


def comparable(trail: Trail) -> list[Change]:
    """What may be compared: what was restated, then sums by year, then rows; each measure of each company once."""
    compared_by = [table for table in trail.tables() if not is_by_words(table.sql)]
    tables = sorted(compared_by, key=lambda table: "quarters" not in table.columns)
    found = [change for table in tables for change in changes(table, trail.question)]
    found.sort(key=lambda change: (not change.restates, "quarter" in "".join(change.table.columns[:3])))
    once = first_of_each(found, lambda change: change.words if change.restates else change.words[:2])
    return first_of_each(once, lambda change: change.code)[:3]


def _changed(change: Change, source: str, result: str) -> str:
    """A calculated change in words, with the rows behind it."""
    measure, who, unit, first, second = (plain(word, 60) for word in change.words)
    when = f"from {first} to {second}" if first != second else "over the period"
    rows = f"{change.table.source} row {change.first + 1}; {change.table.source} row {change.second + 1}"
    old, new = change.values
    subject = f"{measure[:1].upper()}{measure[1:]}" + (f" of {who}" if who else "")
    amounts = f"{old} to {new} {unit}".rstrip()
    return f"{subject} went from {amounts} {when}, a change of {result} % [{rows}; {source}]."


def _changes(trail: Trail) -> list[str]:
    """The calculated changes in words."""
    return [_changed(*one) for one in compared(trail)]


def _short_answer(trail: Trail, evidence: Evidence, missing: tuple[str, ...], refused: tuple[str, ...]) -> list[str]:
    """Rows and sentences that say what is asked, each with a citation; none when nothing says enough."""
    if missing and set(missing) >= set(names_of(trail.question)) - set(owners(trail)) and not owners(trail):
        return []
    found = find_answer(trail, evidence)
    rows = [_without((_row_line(row), _row_line_without_row(row)), refused)[:1] for row in found.rows]
    lines = [line for lines in rows for line in lines]
    lines += _without(tuple(_quoted(one) for one in found.sentences), refused)
    changes = [change for change in compared(trail) if is_asked(trail, change[0].words[0])]
    return [*first_of_each(lines, str)[:4], *_without(tuple(_changed(*one) for one in changes[:2]), refused)]


def _row_line(row: Row) -> str:
    """A figure with its row, period and document."""
    value = " ".join(filter(None, (row.value, row.scale)))
    label = plain(row.label, 100, figures=True)
    if row.number:
        return f"{_name(row.passage)}: {label}{_beside(row)}: {value} [{row.cite}]."
    head = plain(row.head.partition("(")[0], 60, figures=True)
    return f"{_name(row.passage)}: {label}{f' ({head})' if head else ''}: {value} [{row.cite}]."


def _row_line_without_row(row: Row) -> str:
    """The same in other words and with its place alone, for a check that knows no cells there."""
    label, head = plain(row.label, 100, figures=True), plain(row.head.partition("(")[0], 60, figures=True)
    place = f"{row.passage.source} row {row.number}" if row.number else row.passage.cite
    value = " ".join(filter(None, (row.value, row.scale)))
    return f"{_name(row.passage)} gives {label} {f'for {head} ' if head else ''}as {value} [{place}]."


def _beside(row: Row) -> str:
    """What else a query's row says, where it names a period."""
    head = " ".join(word for word in row.head.split() if YEAR.match(word))
    head = plain(head, 80, figures=True)
    return f" ({head})" if head else ""


def _aspects(trail: Trail, evidence: Evidence) -> Iterator[Section]:
    """The chosen sentences by the aspect of the question that they speak of, each once."""
    rest = list(evidence.chosen)
    for aspect in trail.question.aspects[:6]:
        speaking = [sentence for sentence in rest if speaks_of(sentence, aspect)]
        if speaking:
            yield Section(_heading(aspect), tuple(_quoted(sentence) for sentence in speaking[:5]))
        rest = [sentence for sentence in rest if sentence not in speaking[:5]]
    if rest:
        yield Section("Related passages", tuple(_quoted(sentence) for sentence in rest))


def _heading(aspect: str) -> str:
    """An aspect as a heading."""
    words = plain(aspect) or "Aspect"
    return words[:1].upper() + words[1:]


def _database(trail: Trail) -> Iterator[Section]:
    """The rows of the last queries as tables, every row with its citation."""
    tables = first_of_each(trail.tables(), lambda table: table.sql)[:4]
    for table in (_shortened(one) if is_by_words(one.sql) else one for one in tables):
        name = _name(Passage(table.source, "", "", path=table.database))
        what = "Sums by year" if "quarters" in table.columns else "Figures"
        yield Section(f"{what} from {name}", tuple(_table_lines(table)), "table")


def _shortened(table: Table) -> Table:
    """The first rows without the ones that hold running text; they keep their numbers, for only later ones go."""
    kept = list(takewhile(lambda row: sum(map(len, row)) < MOST_ROW_CHARACTERS, table.rows))
    return msgspec.structs.replace(table, rows=tuple(kept[:MOST_MATCHED_ROWS]))


def _table_lines(table: Table) -> Iterator[str]:
    """A Markdown table; figures stand in it as the database gave them."""
    head = [_cell(column.replace("_", " ")) for column in table.columns]
    yield "| " + " | ".join([*head, "source"]) + " |\n|" + " --- |" * (len(head) + 1)
    for number, row in enumerate(table.rows[:MOST_TABLE_ROWS], 1):
        yield "| " + " | ".join([*map(_cell, row), f"[{table.source} row {number}]"]) + " |"


def _cell(text: str) -> str:
    """A cell without marks that could leave it."""
    cleaned = " ".join(re.sub(r"[^\w\s.,&'’()/%+:–-]", " ", text).split())
    cleaned = re.sub(r"^((?:19|20)\d\d)-?(Q[1-4])$", r"\2 \1", cleaned)  # a period in the spelling that memos use
    return "" if is_instruction(text) else cleaned[:200]


def _disagreements(evidence: Evidence) -> Iterator[str]:
    """Each disagreement as one sentence with both citations."""
    for pair in evidence.disagreements:
        first, second = pair.first.sentence, pair.second.sentence
        about = f"{pair.first.measure} {pair.first.period}".strip()
        why = ", about a thousand times apart, so one of the units is likely to be wrong" if pair.by_scale else ""
        yield (
            f'On {about}, {_name(first.passage)} says "{first.quote}" {_cite(first.passage)}, but '
            f'{_name(second.passage)} says "{second.quote}"{why} {_cite(second.passage)}.'
        )


def _cautions(evidence: Evidence) -> Iterator[str]:
    """What a reader should know of the sources."""
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


def _gaps(trail: Trail, evidence: Evidence, cited: bool) -> Iterator[str]:
    """What was not found, refused, failed or left unread; `cited` says whether the memo cites anything."""
    if not cited:
        yield "No sentence shares enough words with the question, so this memo answers nothing."
    for aspect in evidence.missing[:6]:
        yield f"No quoted passage speaks of {plain(aspect) or 'one of the words asked for'}."
    for one in trail.turn:
        if " 0 rows from" in one.first_line:
            yield f"A query of {plain(str(one.arguments.get('database', ''))) or 'a database'} met no row."
        if one.outcome == "vetoed":
            yield f"A call of {re.sub('[^a-z0-9_]', '', one.tool)} was vetoed, so what it would have given is not here."
        if one.outcome in ("denied", "error") and one.tool != "submit_memo":
            reason = plain(one.first_line, 160, figures=True)
            yield f"The call {re.sub('[^a-z0-9_]', '', one.tool)} gave nothing ({one.outcome})" + (
                f": {reason}." if reason else "."
            )
    read = {passage.path for passage in trail.passages() if passage.weight == 1.0}
    unread = [one.path for one in trail.listing() if one.path not in read and not one.queryable]
    if unread:
        some = ", ".join(
            plain(path.rpartition("/")[2], figures=True) or "one with an unreadable name" for path in unread[:8]
        )
        yield f"Documents of the desk that were not opened: {some}{' and others' if len(unread) > 8 else ''}."
    if trail.closing:
        yield "The budget was spent before the work was done."
