"""Normalize the address of a page, to compare addresses; the result is never opened."""

import posixpath
import re
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"^(?:www\d?|m|mobile|amp)\.(?=[^.]+\.)")
_MOBILE = re.compile(r"(?<=[^.])\.(?:m|mobile)\.(?=[^.]+\.[^.]+$)")
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?|jsp)$", re.IGNORECASE)
_AMP = re.compile(r"/amp/?$|\.amp(?=\.html?$)")
_TRACKING = re.compile(
    r"(?i)^(?:utm_\w+|gclid|gclsrc|dclid|gbraid|wbraid|fbclid|msclkid|yclid|twclid|igshid|li_fat_id|mc_[ce]id|_ga|_gl"
    r"|_hs\w+|hsa_\w+|ref_?src|ref_?url|referrer|cmpid|ocid|ncid|spm|pk_\w+|mtm_\w+|amp)$"
)
"""Names of parameters that say where a reader came from and not which page it is."""


def normalize_page_address(address: str) -> str:
    """Return the one spelling of a page's address; the text itself when it is no address.

    Scheme, `www.`, default port, case of the host, a slash at the end, `index.html`, fragments, tracking parameters
    and the order of the others tell no page from another, nor does the way in which characters are escaped.
    """
    try:
        parts = urlsplit(address.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
        host = host.encode("idna").decode() if host and not host.isascii() else host
    except (ValueError, UnicodeError):
        return address
    if parts.scheme not in _PORTS or not host:
        return address
    host = _MOBILE.sub(".", _HOST.sub("", host))
    where = f":{port}" if port and port not in _PORTS.values() else ""
    path = _AMP.sub("", _INDEX.sub("/", posixpath.normpath(re.sub(r"/{2,}", "/", unquote(parts.path) or "/"))))
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = urlencode(sorted(pair for pair in pairs if not _TRACKING.match(pair[0])))
    fragment = parts.fragment if parts.fragment.startswith(("!", "/")) else ""  # pages that a script makes
    return f"{host}{where}{quote(path.rstrip('/'))}?{query}#{fragment}"
