"""The settings that a session's tools may read, and the server that re-orders their results."""

from kimi_tui.config import SessionSettings, Settings
from kimi_tui.session import SessionError
from kimi_tui.text import text_path
from kimi_tui.tools.base import RerankServer, ToolSettings
from kimi_tui.tools.desk.glossary import GlossaryError, load_glossary


def reorderer(settings: Settings) -> RerankServer | None:
    """The servers that re-order what a search found, if the settings name any; raises `SessionError`."""
    if not (settings.retrieval.rerank_url or settings.retrieval.embeddings_url):
        return None
    from kimi_tui.providers.base import ProviderError  # brings an HTTP client, which few need
    from kimi_tui.providers.retrieval import make_reranker

    try:
        return make_reranker(settings.retrieval)
    except ProviderError as error:
        raise SessionError(f"[retrieval]: {error.message} {error.advice}") from None


def tool_settings(effective: SessionSettings, settings: Settings) -> ToolSettings:
    """Return the settings for a session's tools; raises `SessionError` when its desk is not there."""
    desk = text_path(effective.desk) if effective.desk else None
    if desk is not None and not desk.is_dir():
        raise SessionError(f"the session's desk {desk} is not there any more; give it with --desk DIR")
    try:
        load_glossary(settings.retrieval.glossary)
    except GlossaryError as error:
        raise SessionError(str(error)) from None
    return ToolSettings(
        desk=desk,
        cache=settings.home_path / "desks",
        offline=effective.offline,
        search_url=effective.search_url,
        search_backend=effective.search_backend,
        allow_hosts=effective.policy.private_hosts,
        query_seconds=settings.query_seconds,
        table_seconds=settings.table_seconds,
        reading_seconds=settings.reading_seconds,
        retrieval=settings.retrieval,
    )
