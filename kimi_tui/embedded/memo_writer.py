"""Write the memo: quotes, figures and citations in Markdown, from evidence alone.

Every line that states something carries its citation; what has none stands under a heading that says so. The text
of sources appears only between quotation marks or as a cleaned title, so that none of its marks takes effect.
"""

import re
from collections.abc import Iterator

import msgspec

from kimi_tui.embedded.figure_answer import MAX_SHOWN
from kimi_tui.embedded.figure_finder import FigureFinder
from kimi_tui.embedded.figure_lines import lead_of, say_combined, say_figure
from kimi_tui.embedded.figures import table_unit
from kimi_tui.embedded.memo_evidence import MemoEvidence
from kimi_tui.embedded.names import document_name, plain_words
from kimi_tui.embedded.observation_parser import ObservedCall, ObservedPassage
from kimi_tui.embedded.operations import read_operation
from kimi_tui.embedded.relevance import unique_by
from kimi_tui.embedded.sentences import PassageSentence, fold_blanks
from kimi_tui.embedded.short_answer import ShortAnswer, find_answer
from kimi_tui.embedded.turn_history import TurnHistory

SIGNATURE = (
    "*Written by the embedded extractive researcher. It has no neural model: it ranked sentences by shared words, "
    "quoted them and understood nothing.*"
)
"""The memo's last line."""
NOTE = "*Not Kimi but the embedded extractive researcher, which has no model, found on this desk:*"
"""The memo's first line; what ends in a colon announces and states nothing."""
NO_ANSWER = "**No short answer was found**"
"""The first line where nothing is good enough: a heading, for it states nothing of a source."""
MAX_PASSAGES = 6
"""Quotes that a memo shows below its short answer."""
MAX_RELATED = 6
"""Figures that only share words with the question, of which a memo shows the first."""

_PLACE = re.compile(r"(?:p\.|§)\d+(?:-\d+)?")
_PROBLEM = re.compile(r"(?:at|cited for:) “(.*?)”(?=: |\s*$)", re.MULTILINE)


class MemoSection(msgspec.Struct, frozen=True):
    """A heading and the lines under it."""

    heading: str
    lines: tuple[str, ...]


class MemoDraft(msgspec.Struct, frozen=True):
    """A memo to submit."""

    title: str
    text: str


def write_memo(trail: TurnHistory, evidence: MemoEvidence) -> MemoDraft:
    """Write the memo for a turn, without the sentences that earlier submissions were refused for."""
    refused = parse_problems(trail.turn)
    answer = find_answer(trail, evidence)
    opening = _opening(trail, answer, refused)
    said = "\n".join(opening)
    sections = [
        MemoSection("What the documents say", tuple(_quotes(evidence, said))),
        MemoSection("Other figures that share words with the question", tuple(_other_figures(trail, answer, said))),
        MemoSection("Where sources disagree", tuple(_disagreements(evidence))),
        MemoSection("Cautions", tuple(_cautions(evidence, said))),
    ]
    kept = [msgspec.structs.replace(one, lines=_remove_refused(one.lines, refused)) for one in sections]
    cited = "[S" in said or any("[S" in line for section in kept for line in section.lines)
    kept.append(MemoSection("What could not be found", tuple(_gaps(trail, evidence, cited))))
    blocks = [_format_section(section) for section in kept if section.lines]
    return MemoDraft(_title(trail), "\n\n".join([NOTE, *opening, *blocks, _methods(evidence)]))


def _opening(trail: TurnHistory, answer: ShortAnswer, refused: tuple[str, ...]) -> list[str]:
    """Return the blocks before the first heading: what is missing, what is left open, and the short answer."""
    blocks = [f"**Nothing on the desk names {_printable(name)}**" for name in answer.missing]
    blocks += [
        f"**Nothing on the desk names {_printable(name)}; the nearest name is {_printable(other)}**"
        for name, other in answer.nearest.items()
    ]
    lines = _figure_lines(trail, answer, refused)
    lines += _remove_refused(tuple(map(_quote_sentence, answer.sentences)), refused)
    lines = unique_by(lines, str)
    if not lines:
        return blocks or [NO_ANSWER]
    order = read_operation(trail.question.text).order
    lead = lead_of(answer.figures, order)
    return [*blocks, *filter(None, [lead]), "\n".join(f"- {one}" for one in lines) if len(lines) > 1 else lines[0]]


def _figure_lines(trail: TurnHistory, answer: ShortAnswer, refused: tuple[str, ...]) -> list[str]:
    """Return the figures of the answer as sentences, sums and averages first, changes last."""
    made = [(one.kind, say_combined(trail, one)) for found in answer.figures for one in found.combined]
    made = [(kind, line) for kind, line in made if line and _remove_refused((line,), refused)]
    before = [line for kind, line in made if kind != "change"]
    parts = {part for found in answer.figures for one in found.combined if one.kind != "change" for part in one.parts}
    figures = [one for found in answer.figures for one in found.figures if not before or one not in parts]
    lines = [line for one in figures for line in _remove_refused(say_figure(one), refused)[:1]]
    return [*before, *lines[:MAX_SHOWN], *(line for kind, line in made if kind == "change")]


def _quotes(evidence: MemoEvidence, said: str) -> Iterator[str]:
    """Yield the chosen sentences as quotes, without those that the opening has."""
    for sentence in evidence.chosen[:MAX_PASSAGES]:
        if sentence.quote not in said:
            yield _quote_sentence(sentence)


def _other_figures(trail: TurnHistory, answer: ShortAnswer, said: str) -> Iterator[str]:
    """Yield figures that have some of the question's words, where no figure answers it."""
    if answer.figures or answer.sentences or answer.missing:
        return
    lines = unique_by([say_figure(one)[0] for one in FigureFinder(trail).related()[: 2 * MAX_RELATED]], str)
    yield from [line for line in lines if line not in said][:MAX_RELATED]


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
    return "\n".join([f"## {section.heading}", "", *(f"- {line}" for line in section.lines)])


def _printable(name: str) -> str:
    """Return a name of the question without marks that take effect."""
    return plain_words(name, 60, figures=True) or "one of the names asked for"


def _cite(passage: ObservedPassage) -> str:
    """Return a citation of a passage's place, or of the whole source when the place has no known form."""
    return f"[{passage.cite}]" if _PLACE.fullmatch(passage.label) else f"[{passage.source}]"


def _title(trail: TurnHistory) -> str:
    """Return the question as a title."""
    text = " ".join(re.sub(r"[^\w\s.,;:?&'’()/%–-]", " ", trail.question.text).split())
    return (text[:117].rsplit(" ", 1)[0] + "…" if len(text) > 120 else text) or "Memo"


def _quote_sentence(sentence: PassageSentence) -> str:
    """Return a sentence of the memo that quotes one of a document."""
    unit = table_unit(sentence)
    note = f" (in {unit}, as that page says)" if unit else ""
    return f'{document_name(sentence.passage)}: "{sentence.quote}"{note} {_cite(sentence.passage)}.'


def _disagreements(evidence: MemoEvidence) -> Iterator[str]:
    """Each disagreement as one sentence with both citations."""
    for pair in evidence.disagreements:
        first, second = pair.first.sentence, pair.second.sentence
        about = f"{pair.first.measure} {pair.first.period}".strip()
        why = ", about a thousand times apart, so one of the units is likely to be wrong" if pair.by_scale else ""
        yield (
            f'On {about}, {document_name(first.passage)} says "{first.quote}" {_cite(first.passage)}, but '
            f'{document_name(second.passage)} says "{second.quote}"{why} {_cite(second.passage)}.'
        )


def _cautions(evidence: MemoEvidence, said: str) -> Iterator[str]:
    """Yield what a reader should know of the sources."""
    for sentence in evidence.restated:
        if sentence.quote not in said:
            yield f'Figures were restated or corrected: "{sentence.quote}" {_cite(sentence.passage)}.'
    for _, sentence in evidence.dates:
        yield (
            f"{document_name(sentence.passage)} may be out of date, older than the newest source here: "
            f'"{sentence.quote}" {_cite(sentence.passage)}.'
        )


def _methods(evidence: MemoEvidence) -> str:
    """Return how the memo was made: what was set aside, and by whom it was written."""
    aside = [
        f"A passage of {document_name(one)} ({one.cite}) reads like instructions to a model; it was neither followed "
        "nor quoted."
        for one in evidence.flagged
    ]
    return "\n\n".join(["## How this memo was made", *aside, SIGNATURE])


def _gaps(trail: TurnHistory, evidence: MemoEvidence, cited: bool) -> Iterator[str]:
    """Yield what was not found, refused, failed or unread; `cited` says whether the memo has citations."""
    if not cited:
        yield "No sentence shares enough words with the question, so this memo answers nothing."
    for one in trail.turn:
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
        names = (plain_words(path.rpartition("/")[2], figures=True) for path in unread[:4])
        some = ", ".join(name or "one with an unreadable name" for name in names)
        yield f"Files of the desk that were not opened: {some}{' and others' if len(unread) > 4 else ''}."
    if trail.closing:
        yield "The budget was spent before the work was done."
