"""Texts of the model in the bench: ordinary Markdown, one word a token, and documents to read."""

import random
from pathlib import Path

from kimi_tui.embedded.reply_chunks import split_text
from kimi_tui.embedded.script import RepeatedText, Script, ScriptedCall, ScriptStep

QUESTION = "What does the bench find?"
"""What every session of the bench is asked."""
LAST_WORD = "Finishline."
"""The last word of every long reply."""
_SENTENCE = (
    "the gross margin of the company fell because prices in the segment were lower while costs for freight rose "
    "again and management expects a recovery in the second half of the year as new contracts take effect"
)


def paragraph(chance: random.Random) -> str:
    """About a hundred words of Markdown: a heading, a sentence with marks, a list."""
    words = chance.choices(_SENTENCE.split(), k=90)
    words[8], words[30] = f"**{words[8]}**", f"`{words[30]}`"
    body = " ".join(words[:60])
    items = "\n".join(f"- {' '.join(words[at : at + 10])}" for at in range(60, 90, 10))
    return f"### {words[0]} {words[1]}\n\n{body}.\n\n{items}\n\n"


def long_text(tokens: int, seed: int = 1) -> str:
    """Markdown of exactly so many tokens of one word each; the last one is `LAST_WORD`."""
    chance = random.Random(seed)
    text = "".join(paragraph(chance) for _ in range(tokens // 80 + 1))
    return "".join(list(split_text(text, -1))[: tokens - 1]).rstrip() + f" {LAST_WORD}"


def streaming_script(tokens: int, pace: float, *, reasoning: bool = False) -> Script:
    """A call, a long reply with a call, then the memo: so the long reply is neither the first nor the last."""
    text = long_text(tokens)
    calculate = (ScriptedCall("calculate", {"code": "{n} + 1"}),)
    memo = ScriptedCall("submit_memo", {"title": "Bench", "memo": "The sum is 2 [S1 result].", "final": True})
    long = (
        ScriptStep(text, calls=calculate, pace=pace) if reasoning else ScriptStep(text=text, calls=calculate, pace=pace)
    )
    # The end comes slowly: what is drawn last of the long reply is not scrolled away before it was seen.
    end = ScriptStep(RepeatedText("It is enough. ", 4), calls=(memo,), pace=4)
    return Script((ScriptStep("I begin.", calls=calculate), long, end), by="history")


def mark_words(tokens: int, every: int = 9) -> tuple[str, dict[str, int]]:
    """Return the long text with a unique word every so many tokens, and the position of each."""
    pieces = list(split_text(long_text(tokens), -1))
    marks: dict[str, int] = {}
    for number in range(every, len(pieces) - 1, every):
        if pieces[number].strip().isalpha():
            mark = f"q{number:05}"
            pieces[number] = pieces[number].replace(pieces[number].strip(), mark)
            marks[mark] = number
    return "".join(pieces), marks


def answer_script(text: str, pace: float) -> Script:
    """A call, then a text that is the whole answer: nothing comes after its last word."""
    return Script(
        (
            ScriptStep("I begin.", calls=(ScriptedCall("calculate", {"code": "{n} + 1"}),)),
            ScriptStep(text=text, pace=pace),
        )
    )


def stream_only_script(tokens: int, pace: float) -> Script:
    """The long reply alone, for the floor."""
    return Script((ScriptStep(text=long_text(tokens), pace=pace),))


def reading_script(calls: int) -> Script:
    """So many steps, each with some reasoning and one document to read, then the memo."""
    step = ScriptStep(
        RepeatedText("because of document {n} it follows that ", 12),
        calls=(ScriptedCall("read", {"source": "document-{n}.txt"}),),
        repeat=calls,
    )
    memo = ScriptedCall("submit_memo", {"title": "Bench", "memo": "It was read [S1].", "final": True})
    return Script((step, ScriptStep("Enough.", calls=(memo,))), by="history")


def write_desk(folder: Path, documents: int) -> None:
    """Documents of 2 to 8 KB, every one different."""
    folder.mkdir()
    chance = random.Random(7)
    for number in range(1, documents + 1):
        size = chance.randrange(2_000, 8_000)
        text = f"Document {number}.\n\n"
        while len(text) < size:
            text += paragraph(chance)
        (folder / f"document-{number}.txt").write_text(text[:size])
