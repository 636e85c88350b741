"""Decide the next step of a turn: a fixed list of phases, each asked in order for its next calls.

A phase looks at the trail alone and never proposes a call that was made before in the turn, so the list always comes
to its end: the memo.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from kimi_tui.embedded.memo_evidence import gather_evidence
from kimi_tui.embedded.memo_writer import SIGNATURE, parse_problems, write_memo
from kimi_tui.embedded.owners import owners
from kimi_tui.embedded.question_parser import ParsedQuestion
from kimi_tui.embedded.read_targets import MAX_PARALLEL_CALLS, find_read_targets
from kimi_tui.embedded.relevance import split_words, unique_by
from kimi_tui.embedded.select_builder import (
    MAX_WHOLE_ROWS,
    build_remarks_select,
    parse_schemas,
    score_table,
    whole_select,
    word_select,
)
from kimi_tui.embedded.short_answer import find_figures
from kimi_tui.embedded.turn_history import TurnHistory

MAX_CALLS = 33
"""Calls of a turn after which only the memo follows; each steer gives a few more."""
MAX_READ_CALLS = 12
"""Places of documents that are read before the databases are asked; each steer gives two more."""
MAX_DATABASES = 6
"""Databases and CSV files that are looked into."""
MAX_STATEMENTS = 5
"""Statements that ask for rows."""
MAX_SUBMISSIONS = 4
"""Submissions of a memo before it is given as text."""

MAX_CALCULATIONS = 6
"""Calculations of a turn."""
MAX_FAILED = 9
"""Failed reads of a turn after which nothing more is read."""

SUBMITTED = "The memo is submitted. Its quotes are word for word; I drew no conclusion from them, for I have no model."
"""What is said after a memo was taken."""

PLAN = (
    "Search the desk for the question's words",
    "Read the pages that matched best",
    "Ask the databases for figures",
    "Look inside long documents and compare figures",
    "Write the memo from quotes and figures",
)
"""The steps that `update_plan` is told."""


class Proposal(msgspec.Struct, frozen=True):
    """One call to make."""

    tool: str
    arguments: dict[str, Any]


class NextStep(msgspec.Struct, frozen=True):
    """One step: the reason, and its calls or text."""

    why: str
    """The reasoning after its first sentence."""
    calls: tuple[Proposal, ...] = ()
    text: str = ""
    stage: int = -1
    """Which step of `PLAN` this is; -1 for none."""


def decide_next_step(trail: TurnHistory) -> NextStep:
    """Return the next step of a turn."""
    if trail.answered:
        return NextStep("The memo of this turn was taken, and nothing was asked since.", text=SUBMITTED)
    if not trail.tools:
        return _memo_as_text(
            trail, "No tool is offered in this request, so I answer in text from what was shown before."
        )
    spent = len(trail.turn) >= MAX_CALLS + 3 * min(len(trail.question.steers), 2)
    if spent and not trail.closing and (step := _calculate(trail)):
        return step
    if not trail.closing and not spent:
        phases: tuple[Callable[[TurnHistory], NextStep | None], ...] = (
            _search, _read, _query, _look_inside, _web, _calculate,
        )  # fmt: skip
        for phase in phases:
            if step := phase(trail):
                return step
    return _submit(trail)


def _new_calls(
    trail: TurnHistory, tool: str, many: list[dict[str, Any]], limit: int = MAX_PARALLEL_CALLS
) -> tuple[Proposal, ...]:
    """Return calls of one tool that were not made yet, as many as may run in parallel."""
    if not trail.offers(tool):
        return ()
    fresh = [arguments for arguments in many if not trail.was_tried(tool, arguments)]
    return tuple(Proposal(tool, arguments) for arguments in fresh[:limit])


def _quote_all(values: list[str]) -> str:
    """Return the values as a list in quotation marks."""
    quoted = [f'"{value}"' for value in values]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def _count(number: int, noun: str) -> str:
    """Return a number of things in words."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _search(trail: TurnHistory) -> NextStep | None:
    """List the desk, then search for the question's words, reformulations and steers."""
    queries = [query for query in trail.question.queries() if query.lower() not in trail.searched_queries()]
    first = not trail.searched_queries()
    listed = [{"query": ""}] if first else []
    calls = _new_calls(trail, "search_documents", listed + [{"query": query} for query in queries])
    if not calls:
        return None
    asked = [call.arguments["query"] for call in calls if call.arguments["query"]]
    if first:
        terms = [*trail.question.names, *trail.question.subjects[:5], *trail.question.years]
        why = (
            f"From the question I take these words: {', '.join(terms) or 'none that tell anything'}. First I list what "
            f"the desk holds"
            + (f" and search it for {_quote_all(asked)}, side by side. " if asked else ". ")
            + "I expect the searches to give pages with places; which of them I read depends on how high and how often "
            "they come back over several wordings."
        )
    else:
        so_far = trail.hits()
        steered = " The person has steered since, so their words are searched as well." if trail.question.steers else ""
        why = (
            f"So far {len(so_far)} places in {len({hit.source for hit in so_far})} documents came back.{steered} One "
            f"wording misses what another finds, so I search for {_quote_all(asked)} as well. Documents that several "
            "searches name will be read before those that only one names, whatever their titles promise."
        )
    return NextStep(why, calls, stage=0)


def _read(trail: TurnHistory) -> NextStep | None:
    """Read the sources that searches ranked highest, at the places found; else the first documents."""
    reads = [one for one in trail.turn if one.tool == "read"]
    if sum(one.outcome != "ok" for one in reads) >= MAX_FAILED:
        return None
    if len(reads) >= MAX_READ_CALLS + 2 * len(trail.question.steers):
        return None
    places = find_read_targets(trail)
    calls = _new_calls(trail, "read", unique_by([arguments for arguments, _ in places], str))
    if not calls:
        return None
    chosen = [what for arguments, what in places if any(call.arguments == arguments for call in calls)]
    why = (
        f"I rank documents by their places in all searches together and read next: {'; '.join(chosen)}. I read them "
        "side by side because none depends on another. In their text I only look for sentences that share words with "
        "the question; whatever a page asks its reader to do is text to me and nothing else."
        if trail.hits()
        else f"No search matched anything on the desk. Before I say so, I look into {'; '.join(chosen)} from the "
        "beginning, because its words may be other than the question's, or in another language."
    )
    return NextStep(why, calls, stage=1)


def _query(trail: TurnHistory) -> NextStep | None:
    """Find the databases, see their tables, then select."""
    names = sorted({one.path for one in trail.listing() if one.is_queryable}, key=lambda p: (p.endswith(".csv"), p))
    if not names and not trail.listing():
        calls = _new_calls(trail, "query_database", [{}])
        why = "I could not list the desk by searching, so I ask which databases there are before I look for figures."
        return NextStep(why, calls, stage=2) if calls else None
    calls = _new_calls(trail, "query_database", [{"database": name} for name in names[:MAX_DATABASES]])
    if calls:
        shown = [str(call.arguments["database"]) for call in calls]
        why = (
            f"The desk holds {_quote_all(shown)}, which can be queried. A figure from a table is safer than one picked "
            "out of prose, because a row names its period, and a column its unit. I look at the tables and columns "
            "first; a statement is only written from names that I have seen, with the question's names and years in it."
        )
        return NextStep(why, calls, stage=2)
    calls = _new_calls(trail, "query_database", _statements(trail), limit=5)
    if not calls:
        return None
    why = (
        f"From the schema I choose tables and ask with {_count(len(calls), 'statement')}: for small tables whole, for "
        "larger ones by the rows that have most words, names and periods of the question, the latest first. What a "
        "column holds I take from its values as well as from its name. Each row that comes back can be cited by its "
        "number, so that a figure in the memo leads to it."
    )
    return NextStep(why, calls, stage=2)


def _statements(trail: TurnHistory) -> list[dict[str, Any]]:
    """SELECTs for the tables of the databases and CSV files: whole where they are small, else the best rows."""
    question = trail.question
    known = [
        s
        for one in trail.turn
        if one.tool == "query_database" and not one.arguments.get("sql")
        for s in parse_schemas(one)
    ]
    owned = owners(trail)
    meant = {source for sources in owned.values() for source in sources}
    ranked = sorted(known, key=lambda schema: (-score_table(schema, question), schema.database not in meant))
    named = {schema.database: tuple(name for name, own in owned.items() if schema.database in own) for schema in known}
    found = [
        (schema, whole_select(schema) or word_select(schema, question, named[schema.database])) for schema in ranked
    ]
    texts = [(schema, build_remarks_select(schema, question)) for schema in known]
    made = [*[one for one in found if one[1]][:MAX_STATEMENTS], *[one for one in texts if one[1]][:1]]
    return [{"database": schema.database, "sql": sql, "limit": MAX_WHOLE_ROWS} for schema, sql in made]


def _look_inside(trail: TurnHistory) -> NextStep | None:
    """Search for the key term inside the best candidates, then read the pages that contain it."""
    term = key_term(trail.question)
    paged = [(s, hits) for s, hits in trail.ranked_sources() if any(hit.label.startswith("p.") for hit in hits)]
    looked = any(one.tool == "find_in" for one in trail.turn)
    calls = (
        _new_calls(trail, "find_in", [{"source": s, "text": term} for s, _ in paged[:2]]) if term and not looked else ()
    )
    if calls and trail.question.asks_for_figures and paged:
        calls += _new_calls(trail, "find_in", [{"source": paged[0][0], "text": "restated"}])
    if calls:
        titles = unique_by([hits[0].title or source for source, hits in paged[:2]], str)
        why = (
            f"A search shows only the best place of a long document. I look inside {_quote_all(titles)} for "
            f"{_quote_all(unique_by([str(call.arguments['text']) for call in calls], str))}, because a figure that was "
            "restated later, or given in another unit, often stands pages away from the one that a search returns. "
            "Pages that turn up here and were not read yet come next."
        )
        return NextStep(why, calls, stage=3)
    seen = trail.read_places()
    places = unique_by([m for m in trail.matches() if m.label and (m.source, m.label) not in seen], lambda m: m.source)
    calls = (
        _new_calls(trail, "read", [{"source": m.source, "parts": m.label} for m in places])
        if not _reread(trail)
        else ()
    )
    if not calls:
        return None
    where = [f"{call.arguments['source']} {call.arguments['parts']}" for call in calls]
    why = (
        f"The term stands on pages that I have not read: {', '.join(where)}. I read each whole, because a sentence is "
        "only quoted from text that I have seen around it, and a table's unit usually stands above the table and not "
        "in the line itself."
    )
    return NextStep(why, calls, stage=3)


def _reread(trail: TurnHistory) -> bool:
    """Return whether something was read since the last look inside."""
    tools = [one.tool for one in trail.turn]
    return "find_in" not in tools or "read" in tools[len(tools) - tools[::-1].index("find_in") :]


def key_term(question: ParsedQuestion) -> str:
    """Return the word or pair of words that best describes the question; a steer's before the question's."""
    for one in (*question.steers[::-1], question):
        if one.topics:
            return max(one.topics[:4], key=lambda topic: topic.count(" "))
    return question.names[0] if question.names else ""


def _web(trail: TurnHistory) -> NextStep | None:
    """Search the web only when the desk gave nothing, or the person asks for it."""
    texts = [trail.question.text, *(steer.text for steer in trail.question.steers)]
    wanted = any(word in split_words(text) for text in texts for word in ("web", "internet", "online"))
    if trail.hits() and not wanted:
        return None
    query = next(iter(trail.question.queries()), "")
    calls = _new_calls(trail, "web_search", [{"query": query}]) if query else ()
    if calls:
        why = (
            f'{"The person asks for it" if wanted else "The desk gave nothing"}, so I search the web for "{query}". '
            "What a web search returns are leads, not sources: only a page that I open can be cited, and opening it "
            "may need a person's approval, because the words of the query leave this machine."
        )
        return NextStep(why, calls, stage=1)
    links = [line.strip() for one in trail.turn if one.tool == "web_search" for line in one.text.splitlines()]
    opened = [{"url": link} for link in links if link.startswith(("https://", "http://")) and " " not in link][:2]
    calls = _new_calls(trail, "open_page", opened, limit=2)
    why = "I open the first pages that the web search named and look for sentences with the question's words."
    return NextStep(why, calls, stage=1) if calls else None


def _calculate(trail: TurnHistory) -> NextStep | None:
    """Calculate what the question wants of the figures that answer it: a change, a sum, an average."""
    found = [one for answer in find_figures(trail) for one in answer.combined][:MAX_CALCULATIONS]
    calls = _new_calls(trail, "calculate", [{"code": one.code} for one in found], MAX_CALCULATIONS)
    if not calls:
        return None
    lines = unique_by([f"{one.kind} of {one.parts[0].measure}" for one in found], str)
    why = (
        f"The rows allow a calculation with equal units: {'; '.join(lines)}. I have no head for arithmetic, so the "
        "figures go into a calculation exactly as the source gives them, and the result becomes a source of its own "
        "that the memo can cite together with the rows."
    )
    return NextStep(why, calls, stage=3)


def _submit(trail: TurnHistory) -> NextStep:
    """Write the memo and submit it; after too many refusals, or without the tool, give it as text."""
    tries = sum(one.tool == "submit_memo" for one in trail.turn)
    if not trail.offers("submit_memo") or tries >= MAX_SUBMISSIONS:
        return _memo_as_text(trail, "The memo cannot be submitted here, so I give it as text.")
    evidence = gather_evidence(trail)
    draft = write_memo(trail, evidence)
    arguments: dict[str, Any] = {"title": draft.title, "memo": draft.text}
    if (tries >= MAX_SUBMISSIONS - 1 or trail.closing) and "final" in trail.tools["submit_memo"]:
        arguments["final"] = True
    sources = {sentence.passage.source for sentence in evidence.chosen}
    unlike, aside = len(evidence.disagreements), len(evidence.flagged)
    made = sum(one.tool == "calculate" for one in trail.turn)
    if tries:
        found = len(parse_problems(trail.turn))
        why = (
            f"The check of the memo named {_count(found, 'problem') if found else 'problems'}. I cannot rephrase, so "
            "I drop each sentence that it names and keep the rest as it is; what is left still carries its citations. "
            "Then I submit again."
        )
    else:
        why = (
            f"{'There is no room to go on, so I stop here and write down what I have. ' if trail.closing else ''}"
            f"I rank every sentence that I have read and keep {len(evidence.chosen)} from {len(sources)} sources, the "
            "best of each source first, then by score and by how little they repeat each other. "
            f"{_count(made, 'calculation')}, {_count(unlike, 'disagreement')} "
            f"between sources, {_count(aside, 'passage')} set aside that read like instructions to a model. "
            "Each quote is word for word and carries its place; what I did not find is listed as such."
        )
    return NextStep(why, (Proposal("submit_memo", arguments),), stage=4)


def _memo_as_text(trail: TurnHistory, why: str) -> NextStep:
    """Return the memo as text; without evidence, a note on what this model can and cannot do."""
    evidence = gather_evidence(trail)
    if evidence.chosen or trail.tables():
        draft = write_memo(trail, evidence)
        return NextStep(why, text=f"# {draft.title}\n\n{draft.text}")
    terms = ", ".join([*trail.question.names, *trail.question.subjects[:6]]) or "none"
    text = (
        "I am the embedded extractive researcher. I have no neural model: I can only search a desk, quote what I find "
        "and calculate, and nothing was found or offered to search with here. Words of your question: "
        f"{terms}.\n\n{SIGNATURE}"
    )
    return NextStep(why, text=text)
