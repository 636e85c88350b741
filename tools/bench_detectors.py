"""Measure how many injected orders the detectors find, and how often they ring on ordinary documents.

`python -m tools.bench_detectors --runs FOLDER --texts FOLDER`: FOLDER of recorded runs in AgentDojo's form (JSON files
with `injections` and `attack_type`), and FOLDER of ordinary HTML or text files, also as `.gz`.
"""

import argparse
import collections
import gzip
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

from kimi_tui.policy.detectors import find_suspicious

PASSAGE_CHARS = 4_000
"""Characters of one passage of an ordinary document, about what a result of a tool shows."""


def read_injections(folder: Path) -> dict[str, str]:
    """Return every distinct injected text under a folder with the kind of its attack."""
    found: dict[str, str] = {}
    for path in folder.rglob("*.json"):
        run = json.loads(path.read_text("utf-8"))
        for text in (run.get("injections") or {}).values():
            found.setdefault(text, run.get("attack_type") or "unknown")
    return found


def read_passages(folder: Path) -> Iterator[str]:
    """Yield the passages of the ordinary documents under a folder."""
    for path in sorted(folder.rglob("*")):
        if path.suffix not in (".gz", ".html", ".htm", ".txt", ".md", ".csv"):
            continue
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        text = html.unescape(re.sub(r"<[^>]*>", " ", data.decode("utf-8", "replace")))
        text = re.sub(r"[ \t]+", " ", text)
        yield from (text[at : at + PASSAGE_CHARS] for at in range(0, len(text), PASSAGE_CHARS))


def main() -> None:
    """Print the share of injected texts found by kind of attack, and the share of ordinary passages that ring."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, help="folder of recorded runs in AgentDojo's form")
    parser.add_argument("--texts", type=Path, help="folder of ordinary documents")
    options = parser.parse_args()
    if options.runs:
        kinds: dict[str, list[bool]] = collections.defaultdict(list)
        for text, kind in read_injections(options.runs).items():
            kinds[kind].append(bool(find_suspicious(text)))
        for kind, hits in sorted(kinds.items()):
            print(f"{kind:40} {sum(hits):4} of {len(hits):4}")
        everything = [hit for hits in kinds.values() for hit in hits]
        print(f"injections found: {sum(everything)} of {len(everything)}")
    if options.texts:
        passages = list(read_passages(options.texts))
        rung = [found for passage in passages if (found := find_suspicious(passage))]
        print(f"ordinary passages that ring: {len(rung)} of {len(passages)}")
        print(collections.Counter(one.detector for found in rung for one in found))


if __name__ == "__main__":
    main()
