"""HTTP client for one server: proxy, certificates, and the meaning of connection errors.

Nothing is left to the library to read from the environment: what cannot be used there is a `ProviderError` that names
the variable.
"""

import os
import ssl

import httpx

from kimi_tui.network_settings import (
    NetworkSettingError,
    ProxyRoute,
    configured_authorities,
    proxy_route,
    shown_address,
    unusable_authorities,
)
from kimi_tui.providers.base import ProviderError
from kimi_tui.text import one_line

_REASONS = {
    "All connection attempts failed": "no server answers at this address",
    "Connection refused": "no server answers at this address",
    "Name or service not known": "no machine of that name is known",
    "nodename nor servname": "no machine of that name is known",
    "Temporary failure in name resolution": "no machine of that name can be found now",
    "WRONG_VERSION_NUMBER": "it speaks no https: write http:// instead",
    "mismatch, certificate is not valid": "its certificate is for another name: use the name that it was made for",
    "certificate has expired": "its certificate has expired",
    "CERTIFICATE_VERIFY_FAILED": "its certificate is not trusted: name its authority in SSL_CERT_FILE",
}
"""What a library says of a failed connection, and what it means; the first that fits."""
_ENCRYPTION = ("SSL", "certificate")
"""Words of a failure that came after the connection was made."""

_PERMANENT_TLS_ERRORS = ("CERTIFICATE_VERIFY_FAILED", "WRONG_VERSION_NUMBER")
"""Words of a failure that no waiting changes."""


def open_client(url: str, timeout: httpx.Timeout, *, follow_redirects: bool = False) -> httpx.AsyncClient:
    """Return a client for the server at `url` without contacting it; raises `ProviderError` for an unusable route."""
    try:
        route = proxy_route(url)
        encrypted = url.startswith("https:") or route.proxy.startswith("https:")
        # Nothing is encrypted on the way to a plain address: no certificates are loaded.
        context = load_certificates() if encrypted else None
        proxy = httpx.Proxy(route.proxy, ssl_context=_for_proxy(context, route)) if route.proxy else None
        return httpx.AsyncClient(
            timeout=timeout,
            # Some servers close after each reply while promising not to: a connection is used once.
            limits=httpx.Limits(max_keepalive_connections=0),
            follow_redirects=follow_redirects,
            trust_env=False,
            proxy=proxy,
            verify=context or False,
        )
    except NetworkSettingError as error:
        raise ProviderError("bad-request", error.message, advice=error.advice) from None
    except (ValueError, httpx.InvalidURL, ImportError) as error:
        message = f"The way to {shown_address(url)} cannot be used: {one_line(str(error), 200)}."
        raise ProviderError("bad-request", message, advice="Correct HTTP_PROXY, HTTPS_PROXY and ALL_PROXY.") from None


def load_certificates() -> ssl.SSLContext:
    """Load the trusted certificates that the environment names; raises `NetworkSettingError`."""
    named = configured_authorities()
    try:
        if not named.variable:
            return httpx.create_ssl_context(trust_env=False)
        context = ssl.create_default_context(cafile=named.file or None, capath=named.folder or None)
        # An authority of one's own seldom has every field that Python 3.13 demands of a public one.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return context
    except OSError as error:  # an error of the library of certificates is one as well
        log = os.environ.get("SSLKEYLOGFILE", "")
        if log and (error.filename == log or not named.variable):
            raise NetworkSettingError(
                "SSLKEYLOGFILE",
                f"SSLKEYLOGFILE names {one_line(log, 200)}, which cannot be written.",
                "Correct or unset SSLKEYLOGFILE.",
            ) from None
        value = named.file or named.folder
        raise unusable_authorities(named.variable or "the certificates", value, "holds no certificate") from None


def unreachable_error(error: httpx.HTTPError, url: str) -> ProviderError:
    """Return the error for a server at `url` that did not respond."""
    route = _route(url)
    if is_proxy_auth_error(error):
        message = f"The proxy that {route.variable} names ({route.shown_proxy}) wants a name and a password."
        advice = f"Write them into {route.variable} (http://NAME:PASSWORD@HOST:PORT), or name the server in NO_PROXY."
        return ProviderError("bad-request", message, advice=advice)
    if isinstance(error, httpx.ConnectError) and any(word in str(error) for word in _PERMANENT_TLS_ERRORS):
        message = f"The server at {shown_address(url)} cannot be reached: {explain_request_error(error, url)}."
        return ProviderError("bad-request", message, advice="Correct the address, or its certificate.")
    if route.proxy:
        message = f"The server at {shown_address(url)} cannot be reached: {explain_request_error(error, url)}."
        return ProviderError("unreachable", message, advice=route.advice)
    return ProviderError(
        "unreachable",
        f"The server at {shown_address(url)} cannot be reached: {explain_request_error(error)}.",
        advice="Start the server, or set its address with --base-url or KIMI_TUI_BASE_URL.",
    )


def is_proxy_auth_error(error: Exception) -> bool:
    """Return whether a proxy asks for authentication."""
    return isinstance(error, httpx.ProxyError) and "407" in str(error)


def explain_request_error(error: Exception, url: str = "") -> str:
    """Return why a request to `url` failed, as a clause on one line."""
    reason = _reason(error)
    route = _route(url)
    if not route.proxy:
        return reason
    proxy = f"the proxy that {route.variable} names ({route.shown_proxy})"
    if isinstance(error, httpx.ProxyError):
        return f"{proxy} says: {reason}"
    said = str(error)
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout) and not any(word in said for word in _ENCRYPTION):
        return f"{proxy} cannot be reached: {reason}"
    return f"{reason} (by way of {proxy})"


def proxy_advice(status: int, url: str) -> str:
    """Return advice on a status that a proxy may have caused; empty when there is none."""
    route = _route(url)
    if not route.proxy or status not in (403, 407, 502, 503, 504):
        return ""
    return f"It came by way of the proxy that {route.variable} names ({route.shown_proxy}). {route.advice}"


def _reason(error: Exception) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "no answer within 10 seconds"
    said = one_line(str(error), 300).rstrip(".")
    for mark, meaning in _REASONS.items():
        if mark in said:
            return meaning
    return said[:120] or "it closes the connection without an answer, as one does that speaks https alone"


def _route(url: str) -> ProxyRoute:
    """Return the route to a server; a direct one where it cannot be determined."""
    try:
        return proxy_route(url) if url else ProxyRoute()
    except NetworkSettingError:
        return ProxyRoute()


def _for_proxy(context: ssl.SSLContext | None, route: ProxyRoute) -> ssl.SSLContext | None:
    return context if route.proxy.startswith("https:") else None
