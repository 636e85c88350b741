"""Guard of every outbound request of a tool: which addresses may be opened.

An address is taken apart here once, strictly, and the request is built from these parts alone, so that no second
reader can understand it differently. A host is resolved here, every answer is checked, and the connection goes to
the very address that passed: a name that changes its answer gains nothing. Only public unicast addresses pass,
except for hosts that the settings name.
"""

import ipaddress
import re
from collections.abc import Awaitable, Callable
from urllib.parse import quote, urlsplit

import msgspec

from kimi_tui.text import one_line
from kimi_tui.tools.base import ToolError

Resolver = Callable[[str, int], Awaitable[tuple[str, ...]]]
"""Gives every address of a host name as text; raises `OSError` when there is none."""

MAX_URL_CHARS = 4096
"""Characters of the longest address taken."""
ALLOWED_PORTS = frozenset({80, 443, 8080, 8443})
"""The ports of web servers; any other service behind a host is out of reach."""

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*")
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
_PATH_SAFE = "/%:@!$&'()*+,;=~-._"
_QUERY_SAFE = _PATH_SAFE + "?"

_REFUSED_NETWORKS = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT, and one cloud's metadata
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # one cloud's metadata on a public address
        "169.254.0.0/16",  # link-local, and most clouds' metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # automatic multicast tunnelling
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/3",  # multicast, reserved, broadcast
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which carries any IPv4 address
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
_UNICAST_6 = ipaddress.IPv6Network("2000::/3")
"""Every public IPv6 address; mapped, translated, local and multicast ones are outside."""


class CheckedAddress(msgspec.Struct, frozen=True):
    """One parsed and accepted address, not resolved yet."""

    scheme: str
    """`http` or `https`."""
    host: str
    """Lower case and ASCII: a name, a dotted IPv4 address, or an IPv6 address without brackets."""
    port: int
    """The scheme's own when the address names none."""
    path: str
    """Path and query as they are sent, percent-encoded."""
    named: bool = False
    """True when the settings name this host, so that private addresses pass."""

    @property
    def authority(self) -> str:
        """Return host and port as written in an address, without a default port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _default_port(self.scheme) else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """Return the whole address."""
        return f"{self.scheme}://{self.authority}{self.path}"


def host_of(url: str) -> str:
    """Return the host of an address for a label, or the raw text on one line. Never raises."""
    try:
        return _split_address(url).host
    except ToolError:
        return one_line(url, 100)


def parse_address(url: str, allow_hosts: tuple[str, ...] = ()) -> CheckedAddress:
    """Take an address apart and refuse ports of other services; raises `ToolError` with what is wrong."""
    target = _split_address(url)
    if _is_named(target.host, target.port, allow_hosts):
        return msgspec.structs.replace(target, named=True)
    if target.port not in ALLOWED_PORTS:
        raise _refusal(target.url, f"port {target.port} is not one of {', '.join(map(str, sorted(ALLOWED_PORTS)))}")
    return target


def _split_address(url: str) -> CheckedAddress:
    """Return the parts of an address in their canonical form; raises `ToolError`."""
    text = url.strip()
    if not text or len(text) > MAX_URL_CHARS:
        raise ToolError(f"An address must have 1 to {MAX_URL_CHARS} characters; this one has {len(text)}.")
    if _UNSAFE.search(text):
        raise _refusal(text, "it contains blanks, control characters or backslashes. Percent-encode them")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise _refusal(text, f"it cannot be read ({error}). Give one such as https://example.org/page") from None
    if parts.scheme not in ("http", "https"):
        raise _refusal(text, "only http:// and https:// addresses can be opened")
    if "@" in parts.netloc:
        raise _refusal(text, "it carries a user name or password. Leave out everything before the host")
    host = _host(parts.hostname or "", text)
    path = quote(parts.path or "/", safe=_PATH_SAFE)
    if parts.query:
        path += "?" + quote(parts.query, safe=_QUERY_SAFE)
    return CheckedAddress(
        scheme=parts.scheme, host=host, port=_default_port(parts.scheme) if port is None else port, path=path
    )


def _default_port(scheme: str) -> int:
    return 443 if scheme == "https" else 80


def _is_named(host: str, port: int, allow_hosts: tuple[str, ...]) -> bool:
    """Return whether the settings name this host, alone or with this port."""
    bracketed = f"[{host}]" if ":" in host else host
    names = {host, bracketed, f"{bracketed}:{port}"}
    return any(name.lower() in names for name in allow_hosts)


def _ipv4(name: str, url: str) -> str:
    try:
        return str(ipaddress.IPv4Address(name))
    except ValueError:
        raise _refusal(
            url, "its host is a number in an unusual notation. Write four decimal numbers with dots"
        ) from None


def _host(raw: str, url: str) -> str:
    """Return the host in its one canonical form; odd notations of addresses are refused, not translated."""
    if ":" in raw:
        return _ipv6(raw, url)
    if len(raw) > 253:
        raise _refusal(url, "its host is longer than 253 characters")
    try:
        name = raw.encode("idna").decode("ascii").lower().removesuffix(".")
    except UnicodeError:
        raise _refusal(url, "its host is not a valid name") from None
    labels = name.split(".")
    if _NUMERIC.fullmatch(labels[-1]):
        return _ipv4(name, url)
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise _refusal(url, "its host is not a valid name")
    return name


def _ipv6(raw: str, url: str) -> str:
    try:
        address = ipaddress.IPv6Address(raw)
    except ValueError:
        raise _refusal(url, "its host is not a valid IPv6 address") from None
    if address.scope_id is not None:
        raise _refusal(url, "its host names a network interface")
    return str(address)


def is_public(address: str) -> bool:
    """Return whether an IP address is public unicast; anything that is not an IP address is not."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if parsed.version == 6 and parsed not in _UNICAST_6:
        return False
    return not any(parsed.version == network.version and parsed in network for network in _REFUSED_NETWORKS)


async def resolve(target: CheckedAddress, resolver: Resolver) -> tuple[str, ...]:
    """Return the checked addresses to connect to; raises `ToolError` if there is none or one is not public."""
    if _is_literal(target.host):
        addresses: tuple[str, ...] = (target.host,)
    else:
        try:
            addresses = await resolver(target.host, target.port)
        except (OSError, UnicodeError) as error:
            reason = one_line(str(error), 120)
            raise ToolError(
                f"The host {target.host} was not found ({reason}). Check its spelling.", "lookup-failed"
            ) from None
    if not addresses:
        raise ToolError(f"The host {target.host} has no address. Check its spelling.", "lookup-failed")
    if not target.named and not all(is_public(address) for address in addresses):
        raise _refusal(
            target.url,
            "its host is not on the public internet. A private host can be opened only if the settings name it",
        )
    return addresses


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _refusal(url: str, why: str) -> ToolError:
    return ToolError(f"{one_line(url, 200)} was not opened: {why}.")
