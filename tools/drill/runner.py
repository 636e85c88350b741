"""The runner of a drill: the real one with one more tool, which has an effect.

The shipped tools only read, and what may not be run twice has to be there to be drilled.
"""

import os

from kimi_tui.runner import host
from tools.drill.note_tool import VARIABLE, Note


def main() -> int:
    """The process of a runner; the tool is there when the drill names the file it writes."""
    if os.environ.get(VARIABLE):
        import kimi_tui.tools

        kimi_tui.tools.TOOLS = (*kimi_tui.tools.TOOLS, Note())
    return host.main()
