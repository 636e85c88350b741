"""Make the sample desk that ships with the package, and the golden set over it.

Run `python -m tools.make_sample_desk` from the root of the repository. The same sources always give the same bytes.
"""

import argparse
from pathlib import Path

from tools.sample_desk import data, database, filings, golden, pages
from tools.sample_desk.template import PROSE

ROOT = Path(__file__).parent.parent
"""The root of the repository."""
DESK = ROOT / "kimi_tui" / "sample_desk"
"""Where the desk is shipped."""
GOLDEN = ROOT / "tests" / "data" / "golden_sample.json"
"""Where the golden set is kept: outside the desk, which holds no answers."""


def make(desk: Path, golden_path: Path) -> None:
    """Write the whole desk into a folder and the golden set into a file; other files in the folder are left alone."""
    desk.mkdir(parents=True, exist_ok=True)
    filings.write(desk / "filings")
    pages.write(desk / "pages")
    data.write(desk)
    database.write(desk / "finance.sqlite")
    (desk / "README.md").write_bytes((PROSE / "README.md").read_bytes())
    golden.write(desk, golden_path)


def main() -> None:
    """Read the command line and make the desk."""
    parser = argparse.ArgumentParser(description="Make the sample desk and its golden set.")
    parser.add_argument("--desk", type=Path, default=DESK, help="folder to write the desk into")
    parser.add_argument("--golden", type=Path, default=GOLDEN, help="file to write the golden set into")
    options = parser.parse_args()
    make(options.desk, options.golden)
    size = sum(path.stat().st_size for path in options.desk.rglob("*") if path.is_file())
    print(f"{options.desk}: {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
