"""List a server's models with their context windows; a window is reported by the server, never assumed."""

from typing import Any

from kimi_tui.providers import failures
from kimi_tui.providers.base import ModelInfo, ProviderError
from kimi_tui.providers.connection import ServerConnection
from kimi_tui.providers.model_kinds import is_answering_model

_WINDOWS = ("max_model_len", "context_length", "context_window", "max_context_length", "max_context_window")


async def list_models(connection: ServerConnection) -> tuple[ModelInfo, ...]:
    """Return the server's models, with their context windows where known; raises `ProviderError`."""
    body = await connection.get_json(f"{connection.base_url}/models")
    listed = model_entries(body)
    if listed is None:
        raise failures.malformed_error("its list of models holds no data")
    models = tuple(_model_info(entry) for entry in listed)
    if len(models) == 1 and models[0].context_window is None and _is_llamacpp(listed[0]):
        return (ModelInfo(models[0].id, await _llamacpp_window(connection)),)
    return models


def model_entries(body: Any) -> list[dict[str, Any]] | None:
    """Return the named entries of a model list; None when it is no list. Some gateways leave `data` out."""
    listed = body.get("data") if isinstance(body, dict) else body or None
    if not isinstance(listed, list):
        return None
    return [entry for entry in listed if isinstance(entry, dict) and entry.get("id")]


async def _llamacpp_window(connection: ServerConnection) -> int | None:
    """Return the context that llama-server was started with; its model list has only the trained one."""
    try:
        properties = await connection.get_json(connection.root + "/props")
    except ProviderError:
        return None
    settings = properties.get("default_generation_settings") if isinstance(properties, dict) else None
    return _positive_int(settings.get("n_ctx")) if isinstance(settings, dict) else None


def _positive_int(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _model_info(entry: dict[str, Any]) -> ModelInfo:
    """Return one listed model; its window is `max_model_len`, `meta.n_ctx` (llama.cpp) or `context_length`."""
    meta = entry.get("meta")
    window = next((size for key in _WINDOWS if (size := _positive_int(entry.get(key)))), None)
    if window is None and isinstance(meta, dict):
        window = _positive_int(meta.get("n_ctx"))
    name = str(entry["id"])
    return ModelInfo(id=name, context_window=window, answers=is_answering_model(name, entry))


def _is_llamacpp(entry: Any) -> bool:
    return isinstance(entry, dict) and entry.get("owned_by") == "llamacpp"
