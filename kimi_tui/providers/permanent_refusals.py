"""Recognize refusals that waiting cannot change, by the words that servers and gateways use.

A limit that is counted by the minute or the day passes with time, so its words are told from those of an account
that is empty or closed.
"""

import re
from typing import Literal

PermanentKind = Literal["quota", "unauthorized", "unknown-model"]
"""Those of `ErrorKind` that are told by words."""
_LIMITED = re.compile(
    r"\b(?:per|each|a) (?:second|minute|hour|day)\b|\b[rt]p[ms]\b|requests? (?:rate|limit)|rate[ _-]?limit"
    r"|(?:try again|retry|wait|resets?)\b[^.]{0,20}\d",
    re.IGNORECASE,
)
_EMPTY = re.compile(
    r"insufficient[ _-]?(?:account[ _-])?(?:balance|quota|credits?|funds)"
    r"|(?:out of|no|not enough|run out of)(?: remaining| more)? (?:credits?|funds|balance|quota)\b"
    r"|(?:credit )?balance (?:is )?(?:too low|insufficient|negative|exhausted|not enough)"
    r"|billing[ _-](?:hard[ _-])?limit|payment required|budget has been exceeded"
    r"|account\b.{0,60}\b(?:suspended|deactivated|disabled|terminated|overdue|in arrears|closed|banned)"
    r"|\u4f59\u989d\u4e0d\u8db3|\u6b20\u8d39|\u989d\u5ea6\u4e0d\u8db3",
    re.IGNORECASE,
)
"""An account without money, or closed."""
_USED_UP = re.compile(
    r"quota\b.{0,60}\b(?:exceeded|exhausted|reached|used up)|(?:exceeded|exhausted|reached|used up)\b.{0,60}\bquota"
    r"|quota_exceeded|exceeded_current_quota|check your plan and billing|spend(?:ing)?[ _-]limit",
    re.IGNORECASE,
)
"""All used of what an account may use."""
_KEY = re.compile(
    r"(?:api[ _-]?key|access[ _-]?token|credentials?)\b.{0,60}"
    r"\b(?:invalid|not valid|revoked|expired|disabled|deleted|incorrect|inactive|blocked|does(?: not|n't) exist)"
    r"|(?:invalid|incorrect|revoked|expired|disabled|unknown|malformed)[ _-](?:\w+[ _-])?"
    r"(?:api[ _-]?key|access[ _-]?token)"
    r"|invalid_authentication|authentication[ _-]?(?:failed|error)",
    re.IGNORECASE,
)
_RETIRED = re.compile(
    r"model\b.{0,120}\b(?:retired|decommissioned|discontinued|deprecated|sunset|end[ -]of[ -]life"
    r"|shut ?down|no longer (?:available|supported|offered|served|exists?))"
    r"|(?:retired|decommissioned|discontinued|deprecated)[ _-]model|model_(?:deprecated|retired|decommissioned)",
    re.IGNORECASE,
)


def permanent_kind(status: int, said: str, wait: float | None) -> PermanentKind | None:
    """Return the kind of a permanent refusal; None for any other.

    `wait` is what the server asks to wait: an empty account stays one, but a quota of which it says when it is full
    again passes.
    """
    if status == 402 or _EMPTY.search(said):
        return "quota"
    if _USED_UP.search(said) and not wait and not _LIMITED.search(said):
        return "quota"
    if status >= 500 or status in (408, 429):
        return None
    if _RETIRED.search(said):
        return "unknown-model"
    return "unauthorized" if _KEY.search(said) else None
