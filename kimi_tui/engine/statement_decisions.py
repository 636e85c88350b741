"""Record a person's decision on a statement of the finished memo, under the login name of the process."""

import os
import pwd

from kimi_tui.commands import DecideStatement, Receipt
from kimi_tui.engine.ledger import Ledger
from kimi_tui.events import StatementDecided
from kimi_tui.text import printable

MAX_REASON_CHARS = 2_000
"""Characters of a reason."""


def decide_statement(ledger: Ledger, command: DecideStatement) -> Receipt:
    """Record the decision, or refuse it with a reason."""
    memo, reason = ledger.state.memo, printable(command.reason.strip())
    statements = (memo.memo or {}).get("statements") or ()
    refusal = ""
    if memo.memo is None:
        refusal = "there is no memo yet"
    elif not memo.entry:
        refusal = "the memo is a draft of the running turn; decide when the turn is over"
    elif command.memo != memo.entry:
        refusal = "another memo has taken its place; open the memo again and decide there"
    elif not statements:
        refusal = "an earlier version of kimi-tui checked this memo without statements; ask for it to be revised"
    elif not 0 <= command.statement < len(statements):
        refusal = f"the memo has no statement {command.statement}; they are numbered from 0 to {len(statements) - 1}"
    elif not reason and command.verdict != "clear":
        refusal = "a decision needs a reason, in a few words"
    elif len(reason) > MAX_REASON_CHARS:
        refusal = f"{len(reason):,} characters are too many for a reason; {MAX_REASON_CHARS:,} are the most"
    elif command.verdict == "clear" and not statements[command.statement].get("decisions"):
        refusal = "there is no decision on this statement to take back"
    if refusal:
        return Receipt(False, refusal)
    ledger.record(StatementDecided(command.memo, command.statement, command.verdict, login_name(), reason))
    return Receipt(True)


def login_name() -> str:
    """Return the name under which the system knows the user of this process; never read from the environment."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"user {os.geteuid()}"
