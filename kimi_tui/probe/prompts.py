"""What the model is asked in a probe: few words, one harmless tool that nobody runs, and a trajectory to go on with."""

from typing import Any

import msgspec

REASONING = (
    "The person wants the revenue and the profit of one company for one year, so two figures have to be looked up, "
    "and then the margin follows from them by a division that is easy to check afterwards against the report itself."
)
"""Earlier reasoning, long enough to show in a count of tokens."""
THINK = ("<think>", "</think>")
"""The model's own tags around its thinking."""


class Figure(msgspec.Struct, forbid_unknown_fields=True):
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


def single(number: int = 0) -> list[dict[str, Any]]:
    """Asks for one call; another `number` gives another one."""
    figures = f"company Tharnholm, year {2019 + number}, unit EUR, values {number + 1}.5 and {number + 2}"
    return _person(f"Call note_figures once with {figures}. Do not answer in text.")


def parallel() -> list[dict[str, Any]]:
    """Asks for two calls in one reply."""
    return _person(
        "In one reply, call note_figures twice: company Tharnholm, year 2023, unit EUR, values 1 and 2; and company "
        "Westra, year 2024, unit USD, values 3 and 4. Do not answer in text."
    )


def second_turn(keys: tuple[str, ...], *, answered: bool = True) -> list[dict[str, Any]]:
    """A trajectory of one call that is observed, its reasoning under each of `keys`, to be gone on with."""
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
        *_person("Note revenue 10 and profit 2 of Tharnholm in 2023, in EUR; then say the margin in one sentence."),
        {"role": "assistant", "tool_calls": [call]} | dict.fromkeys(keys, REASONING),
        *([observation] if answered else []),
    ]


def long_writing() -> list[dict[str, Any]]:
    """Asks for more than anybody waits for."""
    return _person("Write the numbers from one to five hundred as words, one on each line, and nothing else.")


def long_reading(mark: str) -> list[dict[str, Any]]:
    """A prompt of about a thousand tokens that begins as no other does."""
    lines = [f"Line {n} of list {mark}: item {n * 7 % 91}, shelf {n * 3 % 17}, box {n * 5 % 29}." for n in range(60)]
    return _person("\n".join(lines) + "\nSay only: read.")


def too_long(tokens: int) -> list[dict[str, Any]]:
    """A prompt of more than `tokens` tokens."""
    return _person("one two " * tokens)


def _person(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}]
