"""Registry of panels by the names that actions use."""

from kimi_tui.tui.panels.budgets import BudgetsPanel
from kimi_tui.tui.panels.call_map import MapPanel
from kimi_tui.tui.panels.chart import ChartPanel
from kimi_tui.tui.panels.context import ContextPanel
from kimi_tui.tui.panels.egress import EgressPanel
from kimi_tui.tui.panels.health import HealthPanel
from kimi_tui.tui.panels.memo import MemoPanel
from kimi_tui.tui.panels.panel import Panel
from kimi_tui.tui.panels.plan import PlanPanel
from kimi_tui.tui.panels.rules import RulesPanel
from kimi_tui.tui.panels.sources import SourcesPanel
from kimi_tui.tui.panels.verification import VerificationPanel

PANELS: dict[str, type[Panel]] = {
    "memo": MemoPanel,
    "plan": PlanPanel,
    "sources": SourcesPanel,
    "map": MapPanel,
    "context": ContextPanel,
    "budgets": BudgetsPanel,
    "health": HealthPanel,
    "chart": ChartPanel,
    "rules": RulesPanel,
    "egress": EgressPanel,
    "verify": VerificationPanel,
}
"""Every panel; each is made with the session's bridge and the context of the screens."""
