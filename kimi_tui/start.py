"""Start the program: restrict the import path to this installation, then run the command line."""

import sys

from kimi_tui.import_path import restrict_import_path


def main() -> int:
    """Run the command line and return the exit code."""
    restrict_import_path()
    try:
        from kimi_tui.cli.parser import main as run
    except ModuleNotFoundError as error:
        sys.stderr.write(
            f"kimi-tui: the library {error.name} is missing in {sys.prefix}; install kimi-tui there: "
            "it takes no library from PYTHONPATH or the current folder\n"
        )
        return 1
    return run()
