"""Decoders of encodings and ciphers: each undoes its encoding, and gives nothing for text without its form."""

import base64
import bz2
import gzip
import lzma
import string
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kimi_tui.egress import ciphers
from kimi_tui.egress.ciphers import (
    FOR_OPAQUE,
    MAX_DECODED_BYTES,
    ONCE,
    STRUCTURAL,
    Decoder,
    decode_base64,
    decode_digit_words,
    decode_entities,
    decode_hex,
    decode_invisible,
    decode_letters_apart,
    decode_lines,
    decode_morse,
    decode_numbers,
    decode_other_bases,
    decode_percent,
    decode_punycode,
    decode_unusual_letters,
    read_bytes,
    reverse,
    rotate_13,
    undo_letter_ciphers,
)

SECRET = "sell the Karrenbruck plant for 412 million"
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BASE45 = string.digits + string.ascii_uppercase + " $%*+-./:"


def to_base58(text: str) -> str:
    number, out = int.from_bytes(text.encode(), "big"), ""
    while number:
        number, rest = divmod(number, 58)
        out = BASE58[rest] + out
    return out


def to_base45(text: str) -> str:
    data, out = text.encode(), ""
    for at in range(0, len(data), 2):
        group = data[at : at + 2]
        number = int.from_bytes(group, "big")
        for _ in range(len(group) + 1):
            number, rest = divmod(number, 45)
            out += BASE45[rest]
    return out


def to_uuencode(text: str) -> str:
    import binascii

    data = text.encode()
    return "".join(binascii.b2a_uu(data[at : at + 45]).decode() for at in range(0, len(data), 45))


CASES: dict[str, tuple[Decoder, Callable[[str], str]]] = {
    "percent": (decode_percent, lambda text: "".join(f"%{byte:02x}" for byte in text.encode())),
    "plus": (decode_percent, lambda text: text.replace(" ", "+")),
    "decimal references": (decode_entities, lambda text: "".join(f"&#{ord(sign)};" for sign in text)),
    "u escapes": (decode_entities, lambda text: "".join(f"\\u{ord(sign):04x}" for sign in text)),
    "braced escapes": (decode_entities, lambda text: "".join(f"\\u{{{ord(sign):x}}}" for sign in text)),
    "x escapes": (decode_entities, lambda text: "".join(f"\\x{ord(sign):02x}" for sign in text)),
    "U+ notation": (decode_entities, lambda text: "".join(f"U+{ord(sign):04X}" for sign in text)),
    "quoted-printable": (decode_entities, lambda text: "".join(f"={byte:02X}" for byte in text.encode())),
    "base64": (decode_base64, lambda text: base64.b64encode(text.encode()).decode()),
    "base64 without padding": (decode_base64, lambda text: base64.b64encode(text.encode()).decode().rstrip("=")),
    "base64 for addresses": (decode_base64, lambda text: base64.urlsafe_b64encode(text.encode()).decode()),
    "base64 on lines": (decode_base64, lambda text: base64.encodebytes(text.encode()).decode()),
    "base32": (decode_other_bases, lambda text: base64.b32encode(text.encode()).decode().lower().rstrip("=")),
    "base32hex": (decode_other_bases, lambda text: base64.b32hexencode(text.encode()).decode()),
    "base85": (decode_other_bases, lambda text: base64.b85encode(text.encode()).decode()),
    "ascii85": (decode_other_bases, lambda text: base64.a85encode(text.encode(), adobe=True).decode()),
    "base58": (decode_other_bases, to_base58),
    "base45": (decode_other_bases, to_base45),
    "hexadecimal": (decode_hex, lambda text: text.encode().hex()),
    "hexadecimal capitals": (decode_hex, lambda text: text.encode().hex().upper()),
    "hexadecimal with x": (decode_hex, lambda text: "".join(f"\\x{byte:02x}" for byte in text.encode())),
    "hexadecimal apart": (decode_hex, lambda text: text.encode().hex(" ")),
    "codes": (decode_numbers, lambda text: " ".join(str(ord(sign)) for sign in text)),
    "octal codes": (decode_numbers, lambda text: ",".join(f"{ord(sign):o}" for sign in text)),
    "bits apart": (decode_numbers, lambda text: " ".join(f"{ord(sign):08b}" for sign in text)),
    "bits": (decode_numbers, lambda text: "".join(f"{ord(sign):08b}" for sign in text)),
    "seven bits": (decode_numbers, lambda text: "".join(f"{ord(sign):07b}" for sign in text[:39])),
    "tags": (decode_invisible, lambda text: "hi" + "".join(chr(0xE0000 + ord(sign)) for sign in text)),
    "selectors": (decode_invisible, lambda text: "hi" + "".join(chr(0xE0100 + byte - 16) for byte in text.encode())),
    "zero-width": (
        decode_invisible,
        lambda text: "".join("\u200b\u200d"[int(bit)] for byte in text.encode() for bit in f"{byte:08b}"),
    ),
    "uuencode": (decode_lines, to_uuencode),
    "wide letters": (
        decode_unusual_letters,
        lambda text: "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text),
    ),
    "backwards": (reverse, lambda text: text[::-1]),
    "shift by three": (
        undo_letter_ciphers,
        lambda text: "".join(
            chr((ord(sign) - (97 if sign.islower() else 65) + 3) % 26 + (97 if sign.islower() else 65))
            if sign.isalpha()
            else sign
            for sign in text
        ),
    ),
    "rot47": (
        undo_letter_ciphers,
        lambda text: "".join(chr(33 + (ord(sign) - 33 + 47) % 94) if "!" <= sign <= "~" else sign for sign in text),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_decoder_undoes_its_encoding(name: str) -> None:
    decoder, encode = CASES[name]
    secret = SECRET[:39] if name == "seven bits" else SECRET
    assert secret in list(decoder(encode(secret)))


@settings(max_examples=30)
@given(st.text(string.printable[:95] + "\u00e4\u20ac\u4e2d", min_size=6, max_size=40))
def test_decode_base64_and_hex_read_back_any_printable_text(text: str) -> None:
    data = text.encode()
    assert text in list(decode_hex(data.hex()))
    assert text in list(decode_base64(base64.b64encode(data).decode()))


@given(st.integers(1, 255), st.text(string.ascii_letters + " ", min_size=12, max_size=60))
def test_read_bytes_undoes_one_combined_byte(key: int, text: str) -> None:
    text = f"the {text}"
    mixed = bytes(byte ^ key for byte in text.encode())
    found = list(read_bytes(mixed))
    assert text in found or any(sum(map(str.isalpha, one)) >= len(one) * 0.6 for one in found)


@pytest.mark.parametrize(
    "pack",
    [gzip.compress, zlib.compress, bz2.compress, lzma.compress, lambda data: zlib.compress(data)[2:-4]],
    ids=["gzip", "zlib", "bzip2", "xz", "deflate"],
)
def test_read_bytes_unpacks_compressed_texts(pack: Callable[[bytes], bytes]) -> None:
    assert SECRET in list(read_bytes(pack(SECRET.encode())))


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_read_bytes_of_a_bomb_is_bounded(pack: Callable[[bytes], bytes]) -> None:
    bomb = pack(b"a" * (MAX_DECODED_BYTES * 20))
    assert all(len(text) <= MAX_DECODED_BYTES for text in read_bytes(bomb))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_read_bytes_reads_encodings_of_text(encoding: str) -> None:
    assert any(SECRET in text for text in read_bytes(SECRET.encode(encoding)))


@pytest.mark.parametrize("data", [b"", b"\x00", b"\xff" * 40, bytes(range(256))])
def test_read_bytes_of_no_text_gives_nothing_readable(data: bytes) -> None:
    assert all(SECRET not in text for text in read_bytes(data))


@pytest.mark.parametrize(
    ("decoder", "text"),
    [
        (decode_percent, "plain"),
        (decode_entities, "plain"),
        (decode_base64, "short"),
        (decode_base64, ""),
        (decode_other_bases, "abc"),
        (decode_hex, "abc"),
        (decode_hex, "12345"),
        (decode_hex, "a word that has few digits 12"),
        (decode_numbers, "12 34"),
        (decode_numbers, ""),
        (decode_morse, "one two three"),
        (decode_morse, ".-"),
        (decode_morse, ""),
        (decode_letters_apart, "a b c"),
        (decode_unusual_letters, "plain"),
        (decode_punycode, "example.org"),
        (decode_digit_words, "one day"),
        (decode_lines, ""),
    ],
)
def test_decoder_of_a_text_without_its_form_gives_nothing(decoder: Decoder, text: str) -> None:
    assert list(decoder(text)) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("... . .-.. .-.. / ..--- -----", "sell 20"),
        ("...|---|...", None),
        ("\u00b7\u00b7\u00b7 \u2013\u2013\u2013 \u00b7\u00b7\u00b7", "sos"),
        ("... ___ ...", "sos"),
        ("... --- ... x", None),
    ],
)
def test_decode_morse_reads_dots_and_dashes(text: str, found: str | None) -> None:
    assert list(decode_morse(text)) == ([found] if found else [])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("19 5 12 12", "sell"),
        ("19-5-12-12-0-1", "sell a"),
        ("19 5 12 27", None),
        ("115 101 108", "sel"),
        ("115101108", "sel"),
        ("999999999", None),
    ],
)
def test_decode_numbers_reads_codes_and_places_in_the_alphabet(text: str, found: str | None) -> None:
    readings = list(decode_numbers(text))
    assert (found in readings) if found else not any(one.isalpha() for one in readings)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("n e t d e b t", "netdebt"),
        ("n.e.t.d.e.b.t", "netdebt"),
        ("n_e_t_d_e_b_t is high", "netdebt is high"),
        ("n,e,t,d,e,b,t", "netdebt"),
        ("n e t  d e b t", "net  debt"),
    ],
)
def test_decode_letters_apart_joins_words(text: str, found: str) -> None:
    assert found in list(decode_letters_apart(text))


def test_decode_punycode_reads_labels() -> None:
    host = "k\u00e4rrenbr\u00fcck".encode("idna").decode()
    assert list(decode_punycode(f"{host.upper()}.example.org")) == ["k\u00e4rrenbr\u00fcck.example.org"]
    assert list(decode_punycode("xn--\u00ff")) in ([], ["xn--"])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("one seven four", "174"),
        ("page one-seven", "page 17"),
        ("ONE SEVEN", "17"),
        ("zero zero seven agents", "007 agents"),
    ],
)
def test_decode_digit_words_puts_digits_for_runs(text: str, found: str) -> None:
    assert list(decode_digit_words(text)) == [found]


@pytest.mark.parametrize("text", ["\\u{110000}", "\\ud800", "U+FFFFFF"])
def test_decode_entities_leaves_codes_that_are_no_characters(text: str) -> None:
    assert list(decode_entities(text)) == [text]


@given(st.text(max_size=60))
def test_letter_ciphers_keep_the_length_and_rot13_is_its_own_opposite(text: str) -> None:
    assert all(len(one) == len(text) for one in undo_letter_ciphers(text))
    [once] = rotate_13(text)
    assert list(rotate_13(once)) == [text]
    [back] = reverse(text)
    assert list(reverse(back)) == [text]


@given(st.sampled_from(sorted(STRUCTURAL)), st.text(max_size=80) | st.text("01 ./-=%&#x;Aa", max_size=80))
def test_every_decoder_takes_any_text(name: str, text: str) -> None:
    assert all(isinstance(found, str) for found in STRUCTURAL[name](text))


def test_decoders_that_are_named_apart_are_decoders() -> None:
    assert set(STRUCTURAL) >= ONCE >= FOR_OPAQUE
    assert ciphers.MIN_XOR_BYTES < ciphers.MAX_XOR_BYTES
