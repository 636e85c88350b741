"""Telling the models of a list that answer questions from those that embed, rank, listen, speak, draw or judge.

A server seldom says what its models are for, so it is told by the words of which their names are made, and by the
fields that some gateways add.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

_OTHER = re.compile(
    r"(?<![a-z])(embed\w*|rerank\w*|ranker|whisper\w*|tts|stt|asr|speech\w*|voice|audio|transcri\w+|moderation\w*|guard\w*"
    r"|llamaguard|dall|stable|sdxl|diffusion|flux|imagen?|sora|veo|clip|siglip|bge|gte|e5|minilm|mpnet|colbert|splade"
    r"|reward|ocr|kokoro|parakeet|retriever|classifier|stablelm2zephyrrm)(?![a-z])",
    re.IGNORECASE,
)
_KINDS = ("type", "mode", "task", "model_type", "pipeline_tag", "object_type")
"""Fields in which gateways say what a model is for."""
_ANSWERS = re.compile(
    # The wire's word is in brackets because the glossary has another for what the person sees.
    r"cha[t]|text-generation|generate|completion|llm|language|vlm|responses|image-text-to-text|^model$"
)


def can_answer(name: str, entry: Mapping[str, Any] | None = None) -> bool:
    """Whether a listed model answers questions, by what its `entry` says of it or else by its `name`."""
    for key in _KINDS:
        kind = (entry or {}).get(key)
        if isinstance(kind, str) and kind:
            return bool(_ANSWERS.search(kind.lower())) and "embed" not in kind.lower()
    return not _OTHER.search(name)


def answering_model(names: Iterable[str]) -> str:
    """The first of the names that answers questions; empty when none does."""
    return next((name for name in names if can_answer(name)), "")


def is_offered(name: str, listed: Iterable[str]) -> bool:
    """Whether a model is in a list, in which a gateway may write `openai/*` for all that begins so."""
    return any(
        name == one or (one.endswith("*") and bool(one.strip("*/")) and name.startswith(one[:-1])) or one == "*"
        for one in listed
    )
