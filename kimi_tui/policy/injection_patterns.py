"""The families of injected orders that the detectors know: each a name, a pattern, and words that it needs."""

import re

_MODEL = (
    r"(?:AIs?|(?i:language models?|LLMs?|(?:AI|research|virtual|digital|helpful) (?:assistant|agent|model|system)s?"
    r"|chatbots?|ChatGPT|GPT-?\d?))"
)
_NAMED_MODEL = rf"(?:{_MODEL}|Claude|Kimi|Gemini|Llama|Mistral|Mixtral|Copilot|command-r)"
"""Also by names that people and places have."""
_ACTS = (
    "send|e-?mail|forward|delete|remove|visit|open|click|transfer|pay|buy|book|reserve"
    "|schedule|create|update|change|post|"
    "upload|download|share|invite|add|make|say|write|reply|call|run|execute|give|get|fetch|list|print|reveal|summarize"
)

PATTERNS: tuple[tuple[str, re.Pattern[str], tuple[str, ...]], ...] = (
    (
        "overrides-instructions",
        re.compile(
            r"\b(?:ignore|disregard|forget|override|bypass|stop following|ignorier\w*|vergiss"
            r"|ignorez|oubliez|ignora|olvida)\b"
            r"[^.]{0,40}\b(?:previous|prior|above|earlier|all|any|your|system|vorherige\w*"
            r"|bisherige\w*|alle|pr\w+dentes"
            r"|anteriores|toutes|todas)\b[^.]{0,30}\b"
            r"(?:i\w{0,3}tr\w{0,2}ctions?|prompt|rule|order|direction|guideline|task|anweisung"
            r"|consigne|instrucci[o\u00f3]n)(?:e?s|en)?\b"
            r"|\b(?:ignorez|ignora|oubliez|olvida)\b[^.]{0,20}\binstruc\w+",
            re.IGNORECASE,
        ),
        ("ignor", "disregard", "forget", "override", "bypass", "stop following", "vergiss", "oubliez", "olvida"),
    ),
    (
        "addresses-the-model",
        re.compile(
            rf"\b{_MODEL}\b[^.]{{0,60}}\b(?i:must|should|shall|(?:is|are) (?:hereby )?(?:required"
            rf"|instructed|ordered)|please)\b"
            rf"|\b(?i:to you|dear|attention|hey|note (?:to|for)|message (?:to|for)"
            rf"|you are),? (?:the |an? |all |any )?{_NAMED_MODEL}\b"
            r"|\b(?i:if you are|since you are|as) an? (?i:AI|LLM|language model|(?:AI )?assistant)\b[^.]{0,40},"
        ),
        (
            "ai",
            "llm",
            "language model",
            "assistant",
            "agent",
            "chatbot",
            "gpt",
            "claude",
            "kimi",
            "gemini",
            "llama",
            "mi",
        ),
    ),
    (
        "poses-as-the-user",
        re.compile(
            r"\bmessage from (?:me|your (?:user|owner|operator|developer|admin\w*))\b"
            r"|\b(?:task|question|job|request)s? (?:that )?(?:I|the user|your user) (?:gave|asked"
            r"|assigned|set)(?: to)? you\b"
            r"|\b(?:before|after|instead of|while) (?:you )?(?:can )?(?:solv|do|complet|continu"
            r"|answer|finish|proceed|perform)\w*"
            r"[^.]{0,40}\b(?:task|question|request)\b[^.]{0,40}\b(?:please|must|should|first|need to|you can)\b"
            r"|\b(?:your|the) (?:new|real|actual|true|only) (?:task|goal|objective|instructions?) (?:is|are)\b"
            r"|\bnew (?:system )?instructions?:|\bstrictly (?:adhere|follow)\b[^.]{0,30}\binstructions?\b"
            r"|\bstop (?:immediately )?what you(?:'re| are) doing\b|\byou are now (?:an?|in|the|DAN|free)\b"
            r"|\b(?:your|the) (?:developer|system|admin)\w* (?:has |have )?(?:authorized|ordered"
            r"|instructed|changed your)\b",
            re.IGNORECASE,
        ),
        ("message from", " you", "instruction", "task", "authorized", "ordered", "goal", "objective"),
    ),
    (
        "orders-an-act",
        re.compile(
            rf"\bTODO\s*:\s*(?:please\s+)?(?:{_ACTS})\b"
            r"|\b(?:use|call|invoke|run|execute) (?:the |your )?(?:tool|function)s?\b[^.]{0,12}[`'\"(]"
            r"|\b(?:use|call|invoke) (?:the |your )?`?[a-z]+_[a-z_]+`?\b[^.]{0,40}\b(?:tool"
            r"|function|argument|with|to)\b"
            r"|\bTODO\s*:\s*\w+ (?:a|an|the|all|my|me|your|out)\b",
            re.IGNORECASE,
        ),
        ("todo", "tool", "function", "_"),
    ),
    (
        "asks-for-secrecy",
        re.compile(
            r"\b(?:do not|don't|never|without)\b[^.]{0,20}\b(?:tell|inform|mention|show|reveal"
            r"|alert|notify|warn|ask)\w*\b"
            r"[^.]{0,40}\bthe (?:user|human|person|operator|analyst|researcher)\b",
            re.IGNORECASE,
        ),
        ("user", "human", "person", "operator", "analyst", "researcher"),
    ),
    (
        "chat-markup",
        re.compile(
            r"<\|[a-z_]{3,30}\|>|</?(?:system|tool_call|function_call|information|important"
            r"|instructions?|admin|assistant"
            r"|user_instructions?|system[-_]prompt|sys)>|\[/?(?:INST|SYSTEM)\]|<</?SYS>>"
            r"|\#{2,4} ?(?:system|instruction|assistant|human|user) ?:|\b(?:SYSTEM"
            r"|ASSISTANT) ?(?:PROMPT|MESSAGE|OVERRIDE)\b",
            re.IGNORECASE,
        ),
        ("<", "[", "#", "system", "assistant"),
    ),
    (
        "asks-for-secrets",
        re.compile(
            r"\b(?:reveal|print|send|post|show|repeat|output|leak|include|append)\b[^.]{0,40}\b(?:system prompt|api key"
            r"|password|credential|cha[tT] history|conversatio\w (?:history|so far)"
            r"|security code|your instructions)s?\b",
            re.IGNORECASE,
        ),
        (
            "system prompt",
            "api key",
            "password",
            "credential",
            "history",
            "conversatio",
            "security code",
            "instructions",
        ),
    ),
    ("hidden-text", re.compile("[\U000e0020-\U000e007f]{4,}"), ("",)),
)
"""Name, pattern, and words in lower case without one of which the pattern need not be tried: most texts have none."""
