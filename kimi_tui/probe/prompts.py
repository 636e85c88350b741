"""The prompts of a probe: few words, one harmless tool that is never run, and a trajectory to continue."""

from typing import Any

import msgspec

REASONING = (
    "The person wants the revenue and the profit of one company for one year, so two figures have to be looked up, "
    "and then the margin follows from them by a division that is easy to check afterwards against the report itself."
)
"""Earlier reasoning, long enough to show in a count of tokens."""
THINK = ("<think>", "</think>")
"""The model's own tags around its thinking."""


class ProbeToolArguments(msgspec.Struct, forbid_unknown_fields=True):
    """The arguments of the probe's tool, as its schema says."""

    company: str
    year: int
    """Four digits."""
    unit: str
    """`EUR` or `USD`."""
    values: list[float]


TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "note_figures",
        "description": "Notes figures of one company and year.",
        "parameters": {
            "type": "object",
            "properties": {
                "company": {"type": "string"},
                "year": {"type": "integer"},
                "unit": {"type": "string", "enum": ["EUR", "USD"]},
                "values": {"type": "array", "items": {"type": "number"}},
            },
            "required": ["company", "year", "unit", "values"],
            "additionalProperties": False,
        },
    },
}
"""The one tool that is offered."""


def single_call_prompt(number: int = 0) -> list[dict[str, Any]]:
    """Return a prompt for one call; another `number` gives another call."""
    figures = f"company Tharnholm, year {2019 + number}, unit EUR, values {number + 1}.5 and {number + 2}"
    return _user_message(f"Call note_figures once with {figures}. Do not answer in text.")


def parallel_calls_prompt() -> list[dict[str, Any]]:
    """Return a prompt for two calls in one reply."""
    return _user_message(
        "In one reply, call note_figures twice: company Tharnholm, year 2023, unit EUR, values 1 and 2; and company "
        "Westra, year 2024, unit USD, values 3 and 4. Do not answer in text."
    )


def second_turn_prompt(keys: tuple[str, ...], *, answered: bool = True) -> list[dict[str, Any]]:
    """Return a trajectory with one observed call to continue, its reasoning under each of `keys`."""
    call = {
        "id": "functions.note_figures:0",
        "type": "function",
        "function": {
            "name": "note_figures",
            "arguments": '{"company": "Tharnholm", "year": 2023, "unit": "EUR", "values": [10, 2]}',
        },
    }
    observation = {
        "role": "tool",
        "tool_call_id": call["id"],
        "name": "note_figures",
        "content": "Noted: revenue 10, profit 2.",
    }
    return [
        *_user_message(
            "Note revenue 10 and profit 2 of Tharnholm in 2023, in EUR; then say the margin in one sentence."
        ),
        {"role": "assistant", "tool_calls": [call]} | dict.fromkeys(keys, REASONING),
        *([observation] if answered else []),
    ]


def long_answer_prompt() -> list[dict[str, Any]]:
    """Return a prompt for an answer longer than a probe waits for."""
    return _user_message("Write the numbers from one to five hundred as words, one on each line, and nothing else.")


def long_prompt(mark: str) -> list[dict[str, Any]]:
    """Return a prompt of about a thousand tokens with a unique beginning."""
    lines = [f"Line {n} of list {mark}: item {n * 7 % 91}, shelf {n * 3 % 17}, box {n * 5 % 29}." for n in range(60)]
    return _user_message("\n".join(lines) + "\nSay only: read.")


def oversized_prompt(tokens: int) -> list[dict[str, Any]]:
    """Return a prompt of more than `tokens` tokens."""
    return _user_message("one two " * tokens)


def _user_message(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}]
