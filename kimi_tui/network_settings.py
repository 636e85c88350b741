"""Read proxies and certificate authorities from the environment.

The variables are those that every program reads (`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`, `SSL_CERT_FILE`,
`SSL_CERT_DIR`, `REQUESTS_CA_BUNDLE`, `CURL_CA_BUNDLE`). They are read here and nowhere else, so that one which cannot
be used is named, with the way out. A server on this machine is always reached directly.
"""

import ipaddress
import os
import platform
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import msgspec

from kimi_tui.text import one_line

PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")
"""What a proxy may speak."""
_ALIASES = {"socks": "socks5"}
"""What desktops write for a scheme, and what they mean."""
_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class NetworkSettingError(ValueError):
    """A variable of the environment that cannot be used."""

    def __init__(self, variable: str, message: str, advice: str) -> None:
        super().__init__(message)
        self.variable = variable
        self.message = message
        """One sentence: what is wrong."""
        self.advice = advice
        """One sentence: what to do."""


class ProxyRoute(msgspec.Struct, frozen=True):
    """How a server is reached."""

    proxy: str = ""
    """The proxy's address, with its name and password; empty for none."""
    variable: str = ""
    """Where that is set."""

    @property
    def shown_proxy(self) -> str:
        """The proxy's address for people."""
        return shown_address(self.proxy)

    @property
    def advice(self) -> str:
        """Advice on a proxy that does not answer."""
        return f"Start the proxy, correct or unset {self.variable}, or name the server's host in NO_PROXY."


class CertificateAuthorities(msgspec.Struct, frozen=True):
    """Certificate authorities to trust beside or instead of the bundled ones."""

    file: str = ""
    """With certificates in PEM form; empty for none."""
    folder: str = ""
    """Of hashed certificates, one or several; empty for none."""
    variable: str = ""
    """Where they are set; empty when they are not."""


def is_loopback(url: str) -> bool:
    """Return whether the host of `url` is this machine, by name or number."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback or address.is_unspecified


def shown_address(url: str) -> str:
    """An address on one line, without a name or password in it."""
    scheme, mark, rest = url.rpartition("://")
    place, slash, path = rest.partition("/")
    return one_line(f"{scheme}{mark}{place.rpartition('@')[2]}{slash}{path}", 120)


def proxy_route(url: str) -> ProxyRoute:
    """Return the way to `url`; raises `NetworkSettingError` when the configured proxy cannot be used."""
    parts = urlsplit(url)
    if is_loopback(url) or _is_bypassed(parts.hostname or "", parts.port):
        return ProxyRoute()
    for scheme in (parts.scheme, "all"):
        for variable in (f"{scheme}_proxy", f"{scheme}_proxy".upper()):
            if value := os.environ.get(variable, "").strip():
                return ProxyRoute(_proxy_address(variable, value), variable)
    return _system_route(parts.scheme, parts.hostname or "")


def configured_authorities() -> CertificateAuthorities:
    """Return the configured authorities; raises `NetworkSettingError` when a variable names files that cannot be read.

    `SSL_CERT_FILE` and `SSL_CERT_DIR` count before what other programs are told; one of the two may be unusable.
    """
    file, folder = os.environ.get("SSL_CERT_FILE", ""), os.environ.get("SSL_CERT_DIR", "")
    file_error = _file_error("SSL_CERT_FILE", file) if file else None
    folder_error = _folder_error("SSL_CERT_DIR", folder) if folder else None
    if file and not file_error:
        return CertificateAuthorities(file, "" if folder_error else folder, "SSL_CERT_FILE")
    if error := file_error or folder_error:
        raise error
    if folder:
        return CertificateAuthorities("", folder, "SSL_CERT_DIR")
    for variable in _BUNDLES:
        if value := os.environ.get(variable, ""):
            if Path(value).is_dir():
                return CertificateAuthorities("", value, variable)
            if error := _file_error(variable, value):
                raise error
            return CertificateAuthorities(value, "", variable)
    return CertificateAuthorities()


def unusable_authorities(variable: str, value: str, why: str) -> NetworkSettingError:
    """The error for authorities that cannot be used; `why` is a clause on the value."""
    return NetworkSettingError(
        variable,
        f"{variable} names {one_line(value, 200)}, which {why}.",
        f"Correct {variable}: the authority's certificate in PEM form. Or unset it.",
    )


def _proxy_address(variable: str, value: str) -> str:
    """The address of a proxy as it may be used; a bare `host:port` is one that speaks http."""
    wrong = ""
    if any(character.isspace() or not character.isprintable() for character in value):
        wrong = "holds a space or a character that no address has"
    address = value if "://" in value else f"http://{value}"
    scheme, _, rest = address.partition("://")
    scheme = _ALIASES.get(scheme.lower(), scheme.lower())
    address = f"{scheme}://{rest}"
    if not wrong and scheme not in PROXY_SCHEMES:
        wrong = f"names a kind of proxy that is not spoken here ({', '.join(PROXY_SCHEMES)} are)"
    if not wrong:
        try:
            parts = urlsplit(address)
            wrong = "" if parts.hostname and parts.port != 0 else "names no host"
        except ValueError:
            wrong = "is no address of a proxy"
    if wrong:
        raise NetworkSettingError(
            variable,
            f"{variable} is {shown_address(value)!r}, which {wrong}.",
            f"Write {variable} like http://127.0.0.1:3128, unset it, or name the server's host in NO_PROXY.",
        )
    return urlunsplit((scheme, urlsplit(address).netloc, "", "", ""))


def _is_bypassed(host: str, port: int | None) -> bool:
    """Return whether `NO_PROXY` names the host; entries that make no sense match nothing."""
    for entry in (os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or "").replace(",", " ").split():
        name = entry.lower().partition("://")[2] or entry.lower()
        if name == "*" or _entry_matches(name.rstrip("/"), host.lower(), port):
            return True
    return False


def _entry_matches(name: str, host: str, port: int | None) -> bool:
    """Return whether one entry of `NO_PROXY` is the host, a domain above it or a network that holds its number."""
    try:
        if name.count(":") < 2 or name.startswith("["):  # else a bare IPv6 number
            parts = urlsplit(f"//{name}")
            if parts.port is not None and port is not None and parts.port != port:
                return False
            name = (parts.hostname or "") + parts.path
        address = ipaddress.ip_address(host)
    except ValueError:
        domain = name.removeprefix("*").removeprefix(".")
        return bool(domain) and (host == domain or host.endswith(f".{domain}"))
    try:
        return address in ipaddress.ip_network(name, strict=False)
    except ValueError:
        return False


def _system_route(scheme: str, host: str) -> ProxyRoute:
    """The proxy of the operating system's own settings, where it has such."""
    if platform.system() == "Linux":
        return ProxyRoute()
    import urllib.request

    proxies = urllib.request.getproxies()
    value = proxies.get(scheme) or proxies.get("all")
    if not value or urllib.request.proxy_bypass(host):
        return ProxyRoute()
    return ProxyRoute(_proxy_address("the system's proxy setting", value), "the system's proxy setting")


def _file_error(variable: str, value: str) -> NetworkSettingError | None:
    """Why a file of certificates cannot be read; None when it can."""
    path = Path(value)
    try:
        if path.is_dir():
            return unusable_authorities(variable, value, "is a folder; SSL_CERT_DIR takes one")
        with path.open("rb") as file:
            file.read(1)
    except FileNotFoundError:
        return unusable_authorities(variable, value, "does not exist")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no path"
        return unusable_authorities(variable, value, f"cannot be read: {reason}")
    return None


def _folder_error(variable: str, value: str) -> NetworkSettingError | None:
    """Why folders of certificates cannot be read; None when one of them can."""
    for folder in value.split(os.pathsep):
        try:
            if folder and any(Path(folder).iterdir()):
                return None
        except (OSError, ValueError):
            continue
    return unusable_authorities(variable, value, "is no folder with certificates in it")
