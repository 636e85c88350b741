"""`python -m kimi_tui` is `kimi-tui`."""

import sys

from kimi_tui.cli import main

sys.exit(main())
