"""Measure what naming rows costs in tokens, beside handles for cells: `python -m tools.bench_citations --data DIR`.

DIR holds `filings/` with HTML reports. Twenty of their tables are read as the model reads them, and forty cells of them
are cited: by place alone, by row and period, and by a handle. Tokens are those of the encoding that LiteLLM ships,
which is not Kimi's but of the same kind.
"""

import argparse
import asyncio
import gzip
import importlib.util
import os
import random
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import msgspec

from kimi_tui.cells import Cell
from kimi_tui.config import load_settings
from kimi_tui.engine.instructions import system_message
from kimi_tui.evidence.cell_periods import period_sort_key
from kimi_tui.runner.tool_bench import ToolBench, open_tool_bench

TABLES = 20
MIN_CELLS = 15
"""Cells that a part has to have to count as a table."""
CITED_IN_TABLE = 2
REPORTS = 3
Count = Callable[[str], int]


class Tokens(msgspec.Struct):
    """Tokens in all."""

    tables: int = 0
    cells: int = 0
    read: int = 0
    """Of the tables as they are shown."""
    with_handles: int = 0
    """The same with a handle behind every figure."""
    lists: int = 0
    """Of lists of the tables' cells with their handles, as they would be given on request."""
    by_place: int = 0
    by_row: int = 0
    by_handle: int = 0


def counter() -> Count:
    """Return the counter of tokens, which works without the network."""
    package = importlib.util.find_spec("litellm")
    folder = next(iter(package.submodule_search_locations or ()), "") if package else ""
    os.environ["TIKTOKEN_CACHE_DIR"] = str(Path(folder) / "litellm_core_utils" / "tokenizers")
    import tiktoken

    encoding = tiktoken.get_encoding("cl100k_base")
    return lambda text: len(encoding.encode(text, disallowed_special=()))


async def measure(bench: ToolBench, names: list[str], count: Count) -> Tokens:
    """Read tables of the reports and count."""
    chance, found = random.Random(7), Tokens()
    for name in names:
        first = await bench.toolbox.run_outside_call("read", {"source": name})
        source = first.sources[0].id
        by_part: dict[str, list[Cell]] = defaultdict(list)
        for cell in bench.context.sources.cells(source):
            by_part[cell.part].append(cell)
        tables = [part for part, cells in by_part.items() if len(cells) >= MIN_CELLS]
        wanted = min(-(-TABLES // len(names)), TABLES - found.tables)
        for part in chance.sample(tables, min(wanted, len(tables))):
            shown = await bench.toolbox.run_outside_call("read", {"source": source, "parts": part.lstrip("\u00a7")})
            _count_table(found, count, shown.text, by_part[part])
            for cell in chance.sample(by_part[part], CITED_IN_TABLE):
                year = period_sort_key(cell)[:4]
                found.by_place += count(f" [{source} {part}]")
                found.by_row += count(f' [{source} {part} "{cell.row}" {year}]')
                found.by_handle += count(f" {{F{chance.randint(1, found.cells)}}}")
    return found


def _count_table(found: Tokens, count: Count, shown: str, cells: list[Cell]) -> None:
    handles = [f" {{F{number}}}" for number in range(found.cells + 1, found.cells + len(cells) + 1)]
    found.tables += 1
    found.cells += len(cells)
    found.read += count(shown)
    found.with_handles += count(shown) + sum(map(count, handles))
    found.lists += sum(count(f"{handle} {cell.text}\n") for handle, cell in zip(handles, cells, strict=True))


def main(arguments: list[str]) -> int:
    """Print the tokens of each way to cite."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds filings/")
    files = sorted((parser.parse_args(arguments).data / "filings").glob("*.html.gz"))[:REPORTS]
    if not files:
        print("there are no filings/*.html.gz; name the folder that holds them with --data", file=sys.stderr)
        return 2
    count = counter()
    with tempfile.TemporaryDirectory() as folder:
        for file in files:
            (Path(folder) / file.name.removesuffix(".gz")).write_bytes(gzip.decompress(file.read_bytes()))
        loaded = load_settings({"KIMI_TUI_HOME": f"{folder}/.home", "KIMI_TUI_DESK": folder}, {})

        async def run() -> Tokens:
            async with open_tool_bench(loaded) as bench:
                return await measure(bench, [file.name.removesuffix(".gz") for file in files], count)

        found = asyncio.run(run())
    message = system_message("2026-12-01", "")
    reported = count(message[message.index("- A figure is compared") : message.index("- Quotes are checked")])
    print(f"{found.tables} tables with {found.cells} cells: {found.read:,} tokens")
    rows = reported + found.by_row - found.by_place
    for words, more in (
        ("rows named in citations, their instruction included", rows),
        ("a handle behind every figure", found.with_handles - found.read),
        ("lists of cells with handles on request", found.lists),
    ):
        print(f"{words}: {more:,} tokens more ({100 * more / found.read:.1f} %)")
    cited = CITED_IN_TABLE * found.tables
    print(f"{cited} citations: {found.by_place} by place, {found.by_row} by row, {found.by_handle} by handle")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
