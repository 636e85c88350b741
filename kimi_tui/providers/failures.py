"""Classify server errors of every dialect into the few kinds that the engine knows.

Servers' texts are untrusted: they are cut to one printable line, and the key is never in what they become.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from kimi_tui.providers.base import ErrorKind, ProviderError
from kimi_tui.providers.chunks import BYTE_ORDER_MARK
from kimi_tui.providers.permanent_refusals import permanent_kind
from kimi_tui.providers.refusal_limits import find_limits
from kimi_tui.providers.retry_after import wait_in_headers, wait_in_words
from kimi_tui.text import one_line

_OVERFLOW = re.compile(
    r"maximum context length|context length (exceeded|\()|exceed_context_size|context_length_exceeded"
    r"|exceeds the (available )?context (size|window|length)|context size has been exceeded"
    r"|longer than the model's context|exceed\w* model token limit|input token length too long"
    r"|exceeds model's maximum|prompt is too long|exceeds the maximum number of tokens|maximum model length"
    r"|exceeds? context limit|exceeds the maximum allowed length|too large for model with|max_new_tokens`? must be <="
    r"|exceed the configured limit|range of input length",
    re.IGNORECASE,
)
_BAD_REQUEST = re.compile(r"JSON schema error|parse[_ ]error|failed to parse|json\.exception", re.IGNORECASE)
_MODEL = re.compile(r"\bmodel\b|deployment", re.IGNORECASE)
_NO_MODEL = re.compile(r"invalid model name|model_not_found", re.IGNORECASE)
"""What a gateway says under another status than 404."""
_INTERNAL_ERROR = 500
_OF_OUTAGE = re.compile(
    r"connect|upstream|unavailable|unreachable|refused|timed? ?out|no healthy|deployments|loading|starting|not ready"
    r"|overloaded|busy|capacity|restart|cool ?down|gateway|temporar|engine|shut",
    re.IGNORECASE,
)
"""Words by which a gateway that answers 500 says that what stands behind it is away."""
_NO_DEPLOYMENT = re.compile(r"no deployments available|no healthy (upstream|deployment)|all deployments", re.IGNORECASE)
"""Words by which a gateway says, under any status, that what stands behind it is away."""
_TITLE = re.compile(r"<title[^>]*>([^<]{1,200})", re.IGNORECASE)
_TEXT_LIMIT = 300
_READ_LIMIT = 4000
"""Characters of a server's words that are looked at: the searches in them take longer than their length."""
_NESTED = 8
"""How deep the words of an error body are looked for."""

_ADVICE: dict[ErrorKind, str] = {
    "unauthorized": "Set the right key in KIMI_TUI_API_KEY or in the settings.",
    "unknown-model": "Name a model that the server offers with --model or KIMI_TUI_MODEL.",
    "bad-request": "The server's own words say what it refuses; check the settings against its version.",
    "quota": "Top up the account or raise its quota, or use another key or server: waiting does not help.",
    "overflow": "Let older results be hidden, or start the server with a longer context.",
    "rate-limited": "Wait, or ask for a higher limit.",
    "overloaded": "Wait until the server has loaded or recovered, and check its log if it does not.",
    "malformed": "Check that the address is that of an OpenAI-compatible server, with nothing in between.",
}


class ServerRefusal(ProviderError):
    """A refused request, with the server's words and details; neither is shown on the screen."""

    said = ""
    """Its words."""
    details: Mapping[str, Any] = {}
    """The error as it came, as far as it is an object."""
    status = 0
    """Its status code; 0 when there is none."""


def classify(status: int, text: str, wait: float | None = None) -> ErrorKind:
    """Return the kind of a refusal from its status (0 when there is none), its text, and the requested `wait`."""
    text = text[:_READ_LIMIT]
    if _OVERFLOW.search(text):
        return "overflow"
    if lasting := permanent_kind(status, text, wait):
        return lasting
    if status in (429, 400, 404) and _NO_DEPLOYMENT.search(text):
        return "overloaded"
    by_status: dict[int, ErrorKind] = {401: "unauthorized", 403: "unauthorized", 413: "overflow", 429: "rate-limited"}
    if status in by_status:
        return by_status[status]
    if status in (404, 410):
        return "unknown-model" if _MODEL.search(text) else "bad-request"
    if 400 <= status < 500 and status != 408:
        return "unknown-model" if _NO_MODEL.search(text) else "bad-request"
    return "bad-request" if status == 501 or _BAD_REQUEST.search(text) else "overloaded"


def error_text(body: Any) -> str:
    """Return the message in a decoded error body: nested, flat, a bare string, or FastAPI's `detail`."""
    place = ""
    for _ in range(_NESTED):
        if isinstance(body, dict):
            place = place or _faulty_field(body)
            body = next((body[key] for key in ("error", "message", "detail", "msg") if body.get(key)), "")
        elif isinstance(body, list) and body:
            body = body[0]
    words = body[:_READ_LIMIT] if isinstance(body, str) else ""
    return f"{place}: {words}" if place and words and place not in words else words


def _faulty_field(error: Mapping[str, Any]) -> str:
    """Return the request field that pydantic's `loc` names, without its leading `body`."""
    loc = error.get("loc")
    parts = [str(part)[:80] for part in loc[:_NESTED] if isinstance(part, str | int)] if isinstance(loc, list) else []
    return ".".join(parts[parts[:1] == ["body"] :])


def error_code(body: Any) -> int:
    """Return the status code inside an error body, a number or digits; 0 when there is none."""
    code = _error_object(body).get("code")
    if isinstance(code, str) and code.isascii() and code.isdigit() and len(code) == 3:
        return int(code)
    return code if isinstance(code, int) and 100 <= code < 600 else 0


def refusal_from_response(status: int, headers: Mapping[str, str], body: bytes, secret: str = "") -> ServerRefusal:
    """Return the error for a response with a status of 300 or more; `secret` is removed from it."""
    if 300 <= status < 400:
        target = _clean(headers.get("location", "another address"), secret)
        return ServerRefusal(
            "bad-request",
            f"The server sends requests on to {target}, which is not followed.",
            advice="Set that address as the base URL if it is yours.",
        )
    decoded = _decoded(body)
    said = error_text(decoded) or page_title(body) or ("" if decoded is not None else _plain(body))
    words, wait = said + _type_of(decoded), wait_in_headers(headers)
    kind = classify(status, words, wait)
    if wait is None and kind == "rate-limited":
        wait = wait_in_words(said)
    message = f"The server answered {status}" + (f": {_clean(said, secret)}" if said else ".")
    advice = _ADVICE.get(kind, "")
    if status == 404 and kind == "bad-request":
        advice = "Check the base URL: it should end where /chat/completions follows, usually in /v1."
    error = ServerRefusal(kind, message, advice=advice, retry_after=wait)
    error.said, error.details = said, _error_object(decoded)
    error.limits = find_limits(said, error.details)
    error.status, error.unexplained = status, _unexplained(status, said)
    return error


def refusal_from_text(status: int, said: str, wait: float | None = None, whole: str = "") -> ServerRefusal:
    """Return the error for a refusal of which only status, cleaned message and `whole` text are known."""
    kind = classify(status, said, wait)
    if wait is None and kind == "rate-limited":
        wait = wait_in_words(said)
    error = ServerRefusal(kind, f"The server refused: {said}", advice=_ADVICE.get(kind, ""), retry_after=wait)
    error.said, error.limits = said, find_limits(whole or said)
    error.status, error.unexplained = status, _unexplained(status, said)
    return error


def _unexplained(status: int, said: str) -> bool:
    """Return whether a reachable server says only that it failed."""
    return status == _INTERNAL_ERROR and not _OF_OUTAGE.search(said)


def error_from_frame(body: Any, secret: str = "") -> ProviderError:
    """Return the error that arrived inside a stream that had started normally."""
    said = error_text(body)
    kind = classify(error_code(body), said + _type_of(body))
    message = f"The server broke off the reply: {_clean(said or 'no reason given', secret)}"
    error = ProviderError(kind, message, advice=_ADVICE.get(kind, ""))
    error.limits = find_limits(said, _error_object(body))
    return error


def web_page_error(body: bytes) -> ProviderError:
    """Return the error for a web page sent with a status of success."""
    title = one_line(page_title(body), _TEXT_LIMIT)
    said = f" ({title})" if title else ""
    return ProviderError("malformed", f"A web page came instead of a reply{said}.", advice=_ADVICE["malformed"])


def malformed_error(reason: str) -> ProviderError:
    """Return the error for bytes that violate the protocol; `reason` is a clause about the reply."""
    message = f"The server's reply is not the protocol: {one_line(reason, 120)}."
    return ProviderError("malformed", message, advice=_ADVICE["malformed"])


def page_title(body: bytes) -> str:
    """Return the title of a web page; `a web page` when it has none, empty when it is not one."""
    head = body[:4096].decode("utf-8", "replace").lstrip()
    if not head.startswith("<"):
        return ""
    match = _TITLE.search(head)
    return match.group(1).strip() if match else "a web page"


def _decoded(body: bytes) -> Any:
    """Return a body as JSON; None when it is not."""
    try:
        return msgspec.json.decode(body.removeprefix(BYTE_ORDER_MARK))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _plain(body: bytes) -> str:
    return body[:_TEXT_LIMIT].decode("utf-8", "replace")


def _error_object(body: Any) -> dict[str, Any]:
    """Return the error object of a body, nested or flat; empty when there is none."""
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else body if isinstance(body, dict) else {}


def _type_of(body: Any) -> str:
    """Return the error's type and code as text, which some servers need to be understood."""
    error = _error_object(body)
    return "".join(
        f" {error[key][:_TEXT_LIMIT]}" for key in ("type", "code", "param") if isinstance(error.get(key), str)
    )


def _clean(text: str, secret: str) -> str:
    """Return a server's words on one printable line, without the key."""
    if secret:
        text = text.replace(secret, "[key]")
    return one_line(text, _TEXT_LIMIT)
