"""Readings of a text: each usual encoding is undone, alone and inside others."""

import base64
import bz2
import codecs
import gzip
import zlib
from collections.abc import Callable
from urllib.parse import quote

import pytest

from kimi_tui.egress.ciphers import decode_morse
from kimi_tui.egress.outgoing_data import KnownTexts, OutgoingText, mark_text

DESK = (
    "The board plans to sell the Karrenbruck plant for 412 million in March.\n"
    "Corvanne grants a rebate of 17,450 thousand to Isbrekka in the third quarter."
)
SECRETS = ("sell the Karrenbruck plant for 412 million", "Corvanne rebate 17,450")
KNOWN = KnownTexts(("How did the margin of Tharnholm develop in 2024?",), ("S2",), (DESK,))
HOST = "https://a.example"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _pieces(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


ENCODINGS: dict[str, Callable[[str], str]] = {
    "percent": lambda text: f"{HOST}/?q={quote(text)}",
    "percent twice": lambda text: f"{HOST}/?q={quote(quote(text))}",
    "base64": lambda text: f"{HOST}/?q={_base64(text.encode())}",
    "base64 for addresses": lambda text: f"{HOST}/{base64.urlsafe_b64encode(text.encode()).decode().rstrip('=')}",
    "base64 twice": lambda text: f"{HOST}/{_base64(_base64(text.encode()).encode())}",
    "base64 backwards": lambda text: f"{HOST}/{_base64(text.encode())[::-1]}",
    "base64 of rot13": lambda text: f"{HOST}/{_base64(codecs.encode(text, 'rot13').encode())}",
    "base64 in segments": lambda text: f"{HOST}/{'/'.join(_pieces(_base64(text.encode()), 5))}",
    "base64 in parameters": lambda text: (
        f"{HOST}/?{'&'.join(f'p{at}={part}' for at, part in enumerate(_pieces(_base64(text.encode()), 6)))}"
    ),
    "base64 of json": lambda text: _base64(f'{{"d": "{text}"}}'.encode()),
    "base64 of utf-16": lambda text: _base64(text.encode("utf-16-le")),
    "base32 in labels": lambda text: (
        f"https://{'.'.join(_pieces(base64.b32encode(text.encode()).decode().lower().rstrip('='), 40))}.a.example/"
    ),
    "base85": lambda text: f"{HOST}/?q={quote(base64.b85encode(text.encode()).decode())}",
    "hexadecimal": lambda text: f"{HOST}/{text.encode().hex()}",
    "hexadecimal with colons": lambda text: f"{HOST}/{text.encode().hex(':')}",
    "xor": lambda text: f"{HOST}/{bytes(byte ^ 0x5A for byte in text.encode()).hex()}",
    "gzip": lambda text: f"{HOST}/?q={_base64(gzip.compress(text.encode()))}",
    "zlib": lambda text: f"{HOST}/?q={zlib.compress(text.encode()).hex()}",
    "bzip2": lambda text: f"{HOST}/?q={_base64(bz2.compress(text.encode()))}",
    "rot13": lambda text: f"{HOST}/?q={quote(codecs.encode(text, 'rot13'))}",
    "shift by seven": lambda text: "".join(
        chr((ord(sign) - 97 + 7) % 26 + 97) if "a" <= sign <= "z" else sign for sign in text.lower()
    ),
    "mirrored alphabet": lambda text: "".join(
        chr(219 - ord(sign)) if "a" <= sign <= "z" else sign for sign in text.lower()
    ),
    "backwards": lambda text: f"{HOST}/?q={quote(text[::-1])}",
    "codes": lambda text: f"{HOST}/?q={','.join(str(ord(sign)) for sign in text)}",
    "octal codes": lambda text: "-".join(f"{ord(sign):o}" for sign in text),
    "bits": lambda text: "".join(f"{ord(sign):08b}" for sign in text),
    "character references": lambda text: "".join(f"&#{ord(sign)};" for sign in text),
    "escapes": lambda text: "".join(f"\\u{ord(sign):04x}" for sign in text),
    "quoted-printable": lambda text: "".join(f"={byte:02X}" for byte in text.encode()),
    "no blanks": lambda text: f"{HOST}/{''.join(filter(str.isalnum, text.lower()))}",
    "capitals for blanks": lambda text: f"{HOST}/{text.title().replace(' ', '')}",
    "letters apart": lambda text: " ".join(text),
    "labels": lambda text: f"https://{text.lower().replace(' ', '.').replace(',', '')}.a.example/",
    "user name": lambda text: f"https://{base64.urlsafe_b64encode(text.encode()).decode().rstrip('=')}@a.example/",
    "fragment": lambda text: f"{HOST}/#{text.replace(' ', '_')}",
    "wide letters": lambda text: "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text),
    "zero-width marks between": lambda text: "\u200b".join(text),
    "tag characters": lambda text: "hello" + "".join(chr(0xE0000 + ord(sign)) for sign in text),
    "variation selectors": lambda text: "hello" + "".join(chr(0xE0100 + byte - 16) for byte in text.encode()),
    "bits of zero-width marks": lambda text: (
        "hi" + "".join("\u200b\u200c"[int(bit)] for byte in text.encode() for bit in f"{byte:08b}")
    ),
}


def _desk_words(item: OutgoingText) -> list[str]:
    return [mark.decoded or item.text[mark.start : mark.end] for mark in item.marks if mark.origin == "desk"]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("name", ENCODINGS)
def test_mark_text_finds_words_of_the_desk_in_every_encoding(name: str, secret: str) -> None:
    assert _desk_words(mark_text("url", ENCODINGS[name](secret), KNOWN))


def test_mark_text_says_how_the_words_were_encoded() -> None:
    item = mark_text("url", f"{HOST}/?q={_base64(SECRETS[0].encode())}", KNOWN)
    assert [(mark.how, mark.source) for mark in item.marks] == [(("base64",), "S2")]
    assert item.marks[0].decoded == SECRETS[0]


@pytest.mark.parametrize(
    "text",
    [
        "https://en.wikipedia.org/wiki/Heat_pump",
        "https://www.example.org/investors/annual-report-2024.pdf",
        "https://www.example.com/business/energy/heat-pump-makers-cut-jobs-2024-05-12/",
        "https://ec.europa.eu/eurostat/databrowser/view/nrg_cb_e/default/table",
        "interest rate decision of the European Central Bank June 2024",
        "Marktanteile der Wärmepumpenhersteller in Österreich",
    ],
)
def test_mark_text_finds_nothing_in_ordinary_addresses_and_queries(text: str) -> None:
    item = mark_text("url", text, KNOWN)
    assert _desk_words(item) == []
    assert item.opaque == ()


def test_mark_text_names_what_looks_encoded_and_cannot_be_read() -> None:
    secret = "q7Zk9fXw2LmP0vRtYb3NcJ8hGd5sKe1A"
    item = mark_text("url", f"{HOST}/?token={secret}", KNOWN)
    assert item.opaque_chars == len(secret)


def test_decode_morse_reads_dots_and_dashes() -> None:
    assert list(decode_morse("... . .-.. .-.. / ..--- -----")) == ["sell 20"]
