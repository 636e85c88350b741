"""Parameters of a simulated session: sizes, question, and the words that must remain in the context."""

import msgspec

CHARS_PER_TOKEN = 4
"""In a token, as the embedded server counts."""
WINDOW = 262_144
QUESTION = "What does the record say of each topic, and which of the topics are alike?"
ORDERS = ("Use only what the record itself says.", "Name the topics in the order of the record.")
"""What the person says in mid-turn."""
PLAN = ("Go through the record topic by topic", "Compare the topics that are alike", "Write the memo")


class Workload(msgspec.Struct, frozen=True):
    """One simulated session."""

    reasoning: int
    """Tokens of reasoning in a step."""
    result: int
    """Tokens of the observation of a step."""
    calls: int
    """Calls before the memo."""
    policy: str = "watermarks"
    window: int = WINDOW
    """Tokens; the server refuses a longer prompt."""

    @property
    def order_at(self) -> tuple[int, ...]:
        """The steps after which the person says something."""
        return tuple(self.calls * share // 100 for share in (3, 40))[: len(ORDERS)]


def pad_to_tokens(text: str, tokens: int) -> str:
    """`text` made so many tokens long."""
    filler = "The clerk wrote this line into the record with care and said no more of it. "
    missing = max(tokens * CHARS_PER_TOKEN - len(text), 0)
    return text + (filler * (missing // len(filler) + 1))[:missing]


def topic_value(topic: int) -> int:
    """Return the record's value of a topic."""
    return topic * 7 % 1_000 + 10
