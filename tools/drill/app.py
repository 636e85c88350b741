"""The real program, with the runners of a drill: `python -I app.py ARGUMENTS`, from any folder."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2]))

from kimi_tui.runner import client
from kimi_tui.start import main
from tools.drill.processes import RUNNER

client.RUNNER_MODULE = RUNNER
sys.exit(main())
