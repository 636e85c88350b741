"""Spell a host name in one way, so that a denied host stays denied however an address or a setting writes it."""

import ipaddress


def canonical_host(name: str) -> str:
    """Return a host in lower case, without the last dot, its labels in ASCII, an IP address in its shortest form.

    Labels with `*` stay unchanged, so that the name may be a wildcard.
    """
    plain = name.strip().lower().strip("[]").rstrip(".\u3002\uff0e")
    try:
        address = ipaddress.ip_address(plain)
    except ValueError:
        labels = plain.replace("\u3002", ".").replace("\uff0e", ".").split(".")
        return ".".join(map(_ascii_label, labels))
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def spellings_of_site(host: str) -> tuple[str, ...]:
    """Return the names under which one site is reached: with and without `www.`, between which redirects lead."""
    plain = canonical_host(host)
    bare = plain.removeprefix("www.")
    return plain, bare, f"www.{bare}"


def _ascii_label(label: str) -> str:
    if label.isascii():
        return label
    try:
        return label.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return label
