"""Tell models that answer questions from models that embed, rank, transcribe, speak, draw or moderate.

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


def is_answering_model(name: str, entry: Mapping[str, Any] | None = None) -> bool:
    """Return whether a listed model answers questions, by its `entry` or else by its `name`."""
    for key in _KINDS:
        kind = (entry or {}).get(key)
        if isinstance(kind, str) and kind:
            return bool(_ANSWERS.search(kind.lower())) and "embed" not in kind.lower()
    return not _OTHER.search(name)


def first_answering_model(names: Iterable[str]) -> str:
    """Return the first of the names that answers questions; empty when none does."""
    return next((name for name in names if is_answering_model(name)), "")


def is_offered(name: str, listed: Iterable[str]) -> bool:
    """Return whether a model is listed; a gateway may list a pattern such as `openai/*`."""
    return any(
        name == one or (one.endswith("*") and bool(one.strip("*/")) and name.startswith(one[:-1])) or one == "*"
        for one in listed
    )
