"""Adds one tool to the runners that a drill starts: it writes a note outside the session, so it has an effect.

Every Python finds this file by its name when the folder is on PYTHONPATH; in all but a drill's runner it does
nothing. The shipped tools only read, and what may not be run twice has to be there to be drilled.
"""

import os
import sys

if "kimi_tui.runner.host" in sys.orig_argv and os.environ.get("KIMI_TUI_DRILL_NOTES"):
    import kimi_tui.tools
    from tools.drill.note import Note

    kimi_tui.tools.TOOLS = (*kimi_tui.tools.TOOLS, Note())
