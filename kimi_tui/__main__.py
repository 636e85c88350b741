"""`python -m kimi_tui` is `kimi-tui`; `python -P -m kimi_tui` where the current folder is not to be trusted."""

import sys

from kimi_tui.start import main

sys.exit(main())
