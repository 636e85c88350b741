"""The models that a server lists, with the context each was started with: it is told, never assumed."""

from typing import Any

from kimi_tui.providers import failures
from kimi_tui.providers.base import ModelInfo, ProviderError
from kimi_tui.providers.connection import Connection


async def listed_models(connection: Connection) -> tuple[ModelInfo, ...]:
    """The models that the server lists, with their context windows where it tells them; raises `ProviderError`."""
    body = await connection.get_json(f"{connection.base_url}/models")
    listed = body.get("data") if isinstance(body, dict) else None
    if not isinstance(listed, list):
        raise failures.malformed("its list of models holds no data")
    models = tuple(_model_info(entry) for entry in listed if isinstance(entry, dict) and entry.get("id"))
    if len(models) == 1 and models[0].context_window is None and _is_llamacpp(listed[0]):
        return (ModelInfo(models[0].id, await _llamacpp_window(connection)),)
    return models


async def _llamacpp_window(connection: Connection) -> int | None:
    """The context that llama-server was started with; its list of models names only the trained one."""
    try:
        properties = await connection.get_json(connection.root + "/props")
    except ProviderError:
        return None
    settings = properties.get("default_generation_settings") if isinstance(properties, dict) else None
    return _positive(settings.get("n_ctx")) if isinstance(settings, dict) else None


def _positive(value: Any) -> int | None:
    return value if isinstance(value, int) and value > 0 else None


def _model_info(entry: dict[str, Any]) -> ModelInfo:
    """One listed model: vLLM and SGLang tell `max_model_len`, llama.cpp `meta.n_ctx`, gateways `context_length`."""
    meta = entry.get("meta")
    window = _positive(entry.get("max_model_len")) or _positive(entry.get("context_length"))
    if window is None and isinstance(meta, dict):
        window = _positive(meta.get("n_ctx"))
    return ModelInfo(id=str(entry["id"]), context_window=window)


def _is_llamacpp(entry: Any) -> bool:
    return isinstance(entry, dict) and entry.get("owned_by") == "llamacpp"
