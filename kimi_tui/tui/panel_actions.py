"""The actions of the panels over a session, in the order in which footer and help show them."""

from kimi_tui.tui.action import Action

PANEL_ACTIONS: tuple[Action, ...] = (
    Action(
        "context.restore",
        "u",
        "Bring back",
        "Let the model read a hidden result again.",
        "context",
        "restore",
        palette=False,
    ),
    Action(
        "context.keep", "k", "Keep", "Keep a result that is to leave the context.", "context", "keep", palette=False
    ),
    Action(
        "context.release",
        "y",
        "Let it leave",
        "Let the marked results leave the context.",
        "context",
        "release",
        palette=False,
    ),
    Action("panel.close", "escape,q", "Close", "Close this.", "panel", "close", palette=False),
    Action(
        "budgets.raise",
        "plus,equals_sign",
        "Raise by half",
        "Raise the chosen cap by half at once.",
        "budgets",
        "raise_half",
        palette=False,
    ),
    Action(
        "sources.copy", "k", "Copy citation", "Copy a citation of the part in sight.", "sources", "copy", palette=False
    ),
    Action(
        "sources.next", "tab", "Figure", "Go to the next that statements rest on.", "sources", "rest(1)", palette=False
    ),
    Action(
        "sources.previous", "shift+tab", "Figure before", "Go to the one before.", "sources", "rest(-1)", False, False
    ),
    Action(
        "sources.statements",
        "b",
        "Statements",
        "List the memo's statements that rest on this.",
        "sources",
        "statements",
        palette=False,
    ),
    Action(
        "sources.picture",
        "p",
        "Page",
        "Show the page as a picture, with marks.",
        "sources",
        "picture",
        palette=False,
    ),
    Action("picture.larger", "plus,equals_sign", "Larger", "Enlarge the page.", "picture", "zoom(1)", palette=False),
    Action("picture.smaller", "minus", "Smaller", "Show more of the page.", "picture", "zoom(-1)", palette=False),
    Action("chart.next", "tab", "Next table", "Go to the chart of the next table.", "chart", "next(1)", palette=False),
    Action("chart.previous", "shift+tab", "Table before", "Go to the one before.", "chart", "next(-1)", False, False),
    Action("memo.next", "tab", "Cite", "Go to the next citation.", "memo", "walk(1)", palette=False),
    Action("memo.previous", "shift+tab", "Cite before", "Go to the citation before.", "memo", "walk(-1)", False, False),
    Action("memo.open", "enter", "Source", "Open the source at the chosen citation.", "memo", "open", palette=False),
    Action("memo.doubt", "n", "Doubt", "Go to the next statement not supported.", "memo", "doubt", palette=False),
    Action("memo.decide", "d", "Decide", "Accept, reject or note the statement.", "memo", "decide", palette=False),
    Action("memo.contents", "c", "Contents", "List the headings, and go to one.", "memo", "contents", palette=False),
    Action("memo.chart", "C", "Charts", "See the table in sight as a chart.", "memo", "chart", palette=False),
    Action("memo.revise", "r", "Revise", "Ask for the memo to be revised.", "memo", "revise", palette=False),
    Action("memo.changes", "v", "Changes", "Show what the last revision changed.", "memo", "changes", palette=False),
    Action("memo.export", "x", "Export", "Write the memo, page, evidence or journal.", "memo", "export", palette=False),
    Action("memo.copy", "k", "Copy memo", "Copy the memo as Markdown.", "memo", "copy", palette=False),
    Action("memo.bare", "K", "Copy bare", "Copy it without citations.", "memo", "copy_bare", False, False),
)
"""Every action of a panel."""
