"""Ask the embedded researcher about foreign documents, through the real engine and tools, and judge its answers.

    python tools/bench_researcher.py DESK QUESTIONS.json [--memos DIR]

QUESTIONS.json is a list of `{"question": ..., "right": ["4,689", ...]}`, any of which is the answer; of
`{"question": ..., "every": [["4,689", "4689"], ...]}`, one of each of which must be there; of
`{"question": ..., "absent": "Tesla"}` for a name that the desk does not hold; and of
`{"question": ..., "nothing": true}` where no answer may be given. Printed for each question: whether the answer is in
the memo's first lines (before its first heading), whether it is anywhere, whether the first lines mislead, since they
cite a source and hold no answer, and whether they hold a citation that the check did not find supported.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

SECONDS = 300
"""The longest that one question may take."""
NAMES = ("first", "anywhere", "misleading", "unproven")
"""What is judged, in the order in which it is printed."""
_CITATION = re.compile(r"\[S\d[^\[\]]*\]")


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One question and how its answer is known."""

    question: str
    right: tuple[str, ...] = ()
    every: tuple[tuple[str, ...], ...] = ()
    absent: str = ""
    nothing: bool = False


class Judged(msgspec.Struct, frozen=True):
    """The outcome of one question."""

    first: bool
    anywhere: bool
    misleading: bool
    unproven: bool = False


def main() -> int:
    """Ask every question and print what became of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("desk", type=Path, help="folder of documents")
    parser.add_argument("questions", type=Path, help="JSON list of questions with their answers")
    parser.add_argument("--memos", type=Path, help="folder to keep the memos in")
    options = parser.parse_args()
    try:
        questions = msgspec.json.decode(options.questions.read_bytes(), type=list[Asked])
    except (OSError, msgspec.DecodeError) as error:
        print(f"The questions in {options.questions} cannot be read: {error}")
        return 2
    if not options.desk.is_dir():
        print(f"There is no folder {options.desk}: name the folder of documents first.")
        return 2
    print("first anywhere misleading unproven  question")
    judged = [_ask(options, number, one) for number, one in enumerate(questions, 1)]
    sums = [sum(getattr(one, name) for one in judged) for name in NAMES]
    print(f"{sums[0]:>5} {sums[1]:>8} {sums[2]:>10} {sums[3]:>8}  of {len(judged)}")
    return 0


def _ask(options: argparse.Namespace, number: int, asked: Asked) -> Judged:
    with tempfile.TemporaryDirectory() as folder:
        memo = _memo(options.desk, asked.question, Path(folder) / "memo.md")
    if options.memos:
        options.memos.mkdir(parents=True, exist_ok=True)
        (options.memos / f"{options.questions.stem}-{number}.md").write_text(memo)
    found = judge(asked, memo)
    marks = ["yes" if getattr(found, name) else "-" for name in NAMES]
    print(f"{marks[0]:>5} {marks[1]:>8} {marks[2]:>10} {marks[3]:>8}  {asked.question}", flush=True)
    return found


def _memo(desk: Path, question: str, target: Path) -> str:
    """The memo of one headless session; empty when there is none."""
    command = [sys.executable, "-m", "kimi_tui", "run", question, "--desk", str(desk), "--memo", str(target)]
    done = subprocess.run(
        [*command, "--approve", "all", "--offline"], capture_output=True, timeout=SECONDS, check=False
    )
    if not target.exists():
        print(f"The session ended with code {done.returncode} without a memo: {done.stderr[-300:].decode()}")
        return ""
    return target.read_text("utf-8")


def judge(asked: Asked, memo: str) -> Judged:
    """Return whether a memo answers in its first lines, anywhere, or misleads."""
    body = memo.partition("\n## Sources\n")[0]
    lines = body.split("\n")
    start = 1 if lines[0].startswith("# ") else 0
    end = next((n for n in range(start, len(lines)) if lines[n].startswith("## ")), len(lines))
    first = "\n".join(lines[start:end])
    every = asked.every or (((f"nothing on the desk names {asked.absent}",) if asked.absent else asked.right),)

    def holds(text: str) -> bool:
        folded = " ".join(text.split()).casefold()
        return all(any(one.casefold() in folded for one in spellings) for spellings in every)

    cited = _CITATION.findall(first)
    unproven = any("\u2713" not in one for one in cited)
    if asked.nothing:
        return Judged(bool(memo) and not cited, bool(memo) and not cited, bool(cited), unproven)
    right = holds(first)
    return Judged(right, holds("\n".join(lines[start:])), bool(cited) and not right, unproven)


if __name__ == "__main__":
    sys.exit(main())
