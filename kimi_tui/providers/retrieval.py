"""Rerank search results with a server: `/rerank`, or embeddings of the question and the texts.

Reached like the model, by the same rules for addresses, keys, proxies and certificates; nothing is asked of anybody
unless the settings name a server.
"""

import asyncio
import hashlib
import itertools
import math
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import msgspec

from kimi_tui.network_settings import shown_address
from kimi_tui.providers.base import ProviderError
from kimi_tui.providers.connection import ServerConnection
from kimi_tui.text import one_line

MAX_SECONDS = 2.0
"""The longest that re-ordering may take."""
MAX_TEXT_CHARS = 1_400
"""Of each text that is sent."""
MAX_VECTORS = 4_096
"""Vectors that are kept; the ones that were not used for longest make room."""
BATCH = 2
"""Texts whose vectors are asked for at once: a server without a GPU takes a second for a few."""
_Vector = tuple[float, ...]
_Key = tuple[str, str]


class RerankSettings(Protocol):
    """The settings that name the servers; an empty address means none."""

    @property
    def rerank_url(self) -> str:
        """Base URL of a server with `/rerank`, which is preferred."""
        ...

    @property
    def rerank_model(self) -> str:
        """The model's name there."""
        ...

    @property
    def embeddings_url(self) -> str:
        """Base URL of a server with `/embeddings`."""
        ...

    @property
    def embeddings_model(self) -> str:
        """The model's name there."""
        ...

    @property
    def api_key(self) -> str:
        """Sent to both as a bearer token."""
        ...


class Reranker:
    """The reranking servers that the settings name."""

    def __init__(self, settings: RerankSettings) -> None:
        """Raises `ProviderError` when an address or the key cannot be used."""
        self._settings = settings
        self._connection = ServerConnection(settings.rerank_url or settings.embeddings_url, settings.api_key)
        self._going: asyncio.Task[list[float]] | None = None
        self._vectors: OrderedDict[_Key, _Vector] = OrderedDict()

    @property
    def _place(self) -> str:
        return one_line(shown_address(self._settings.rerank_url or self._settings.embeddings_url), 200)

    async def rank(self, question: str, texts: Sequence[str]) -> tuple[list[int], str]:
        """Return the places of the texts, the one that fits the question best first; or none, and why.

        Whatever goes wrong, and whatever takes longer than two seconds, ends as a reason in words.
        """
        cut = [text[:MAX_TEXT_CHARS] for text in texts]
        score = self._rerank if self._settings.rerank_url else self._similarities
        try:
            async with asyncio.timeout(MAX_SECONDS):
                if self._going is not None:
                    await asyncio.wait((self._going,))
                self._going = asyncio.create_task(score(question, cut))
                self._going.add_done_callback(_heed)
                await asyncio.wait((self._going,))
                scores = self._going.result()
        except TimeoutError:
            if self._settings.rerank_url and self._going is not None:
                self._going.cancel()  # vectors that come late serve the next question, scores serve none
            return [], f"{self._place} did not answer within {MAX_SECONDS:g} seconds"
        except ProviderError as error:
            return [], f"{self._place} could not be used: {one_line(error.message, 200).rstrip('.')}"
        return sorted(range(len(scores)), key=lambda place: -scores[place]), ""

    async def close(self) -> None:
        """End what is asked, and close what is open."""
        if self._going is not None:
            self._going.cancel()
            await asyncio.gather(self._going, return_exceptions=True)
        await self._connection.close()

    async def _rerank(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return the score of each text by `/rerank`."""
        body = {"model": self._settings.rerank_model, "query": question, "documents": texts, "top_n": len(texts)}
        reply = await self._ask("/rerank", body)
        results = reply.get("results", reply.get("data")) if isinstance(reply, dict) else reply
        try:
            scores = {int(one["index"]): float(one.get("relevance_score", one.get("score"))) for one in results or ()}
        except (AttributeError, KeyError, TypeError, ValueError):
            raise _invalid_answer_error() from None
        if not all(map(math.isfinite, scores.values())):
            raise _invalid_answer_error()
        return [scores.get(place, -math.inf) for place in range(len(texts))]

    async def _similarities(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return the cosine of the question's vector with that of each text."""
        asked, said = ("query: ", "passage: ") if "e5" in self._settings.embeddings_model.lower() else ("", "")
        vectors = await self._embedded([asked + question, *(said + text for text in texts)])
        return [sum(a * b for a, b in zip(vectors[0], one, strict=True)) for one in vectors[1:]]

    async def _embedded(self, texts: Sequence[str]) -> list[_Vector]:
        """Return the vector of each text, of length 1; only those that are not known are asked for."""
        keys = [(self._settings.embeddings_model, hashlib.sha256(text.encode()).hexdigest()) for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._vectors}
        for batch in _batches(missing):  # what is there before the time is over is there for the next question
            self._vectors.update(zip(batch, await self._ask_vectors(list(batch.values())), strict=True))
        vectors = [self._vectors[key] for key in keys]
        for key in keys:
            self._vectors.move_to_end(key)
        while len(self._vectors) > MAX_VECTORS:
            self._vectors.popitem(last=False)
        if len(set(map(len, vectors))) != 1:  # another model answers under the same name now
            self._vectors.clear()
            raise _invalid_answer_error()
        return vectors

    async def _ask_vectors(self, texts: Sequence[str]) -> list[_Vector]:
        reply = await self._ask("/embeddings", {"model": self._settings.embeddings_model, "input": texts})
        try:
            rows = sorted(reply["data"], key=lambda row: int(row["index"]))
            found = [_normalize(row["embedding"]) for row in rows]
        except (KeyError, TypeError, ValueError):
            raise _invalid_answer_error() from None
        if len(found) != len(texts):
            raise _invalid_answer_error()
        return found

    async def _ask(self, path: str, body: dict[str, Any]) -> Any:
        named = {name: value for name, value in body.items() if value != ""}
        return await self._connection.get_json(path, "POST", msgspec.json.encode(named))


def make_reranker(settings: RerankSettings) -> Reranker | None:
    """Return the reranker that the settings name; None when they name none. Raises `ProviderError`."""
    return Reranker(settings) if settings.rerank_url or settings.embeddings_url else None


def _batches(texts: dict[_Key, str]) -> Iterator[dict[_Key, str]]:
    """Yield a few at a time."""
    waiting = iter(texts.items())
    while batch := dict(itertools.islice(waiting, BATCH)):
        yield batch


def _heed(task: "asyncio.Task[list[float]]") -> None:
    """Take note of how it ended, even if nobody waits for it any more."""
    if not task.cancelled():
        task.exception()


def _normalize(numbers: Sequence[float]) -> _Vector:
    """Return a vector of length 1; raises `ValueError` for what is none."""
    vector = tuple(float(number) for number in numbers)
    length = math.sqrt(sum(number * number for number in vector))
    if not vector or not math.isfinite(length) or length == 0:
        raise ValueError("no vector")
    return tuple(number / length for number in vector)


def _invalid_answer_error() -> ProviderError:
    return ProviderError("malformed", "Its answer makes no sense.", advice="Check the address and the model's name.")
