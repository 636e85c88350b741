"""Undo one step of the usual reversible encodings and letter ciphers of a text.

Each decoder takes a text and yields what it may have been made from; a text that does not have the form yields
nothing. Sizes are bounded by the caller, who also decides whether a reading means anything.
"""

import base64
import binascii
import bz2
import codecs
import html
import lzma
import re
import string
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from urllib.parse import unquote_plus

from kimi_tui.egress.searched_text import plain_letters
from kimi_tui.egress.word_ciphers import decode_other_scripts

Decoder = Callable[[str], Iterator[str]]

MAX_DECODED_BYTES = 65_536
"""Bytes that one decoding may give; the rest of a compressed text is not read."""
MIN_ENCODED_CHARS = 6
"""Characters of the shortest text that is tried as an encoding of bytes."""
MIN_XOR_BYTES, MAX_XOR_BYTES = 12, 2_048
"""Bytes in which one combined byte is looked for."""
_PLAIN_BYTES = (string.ascii_letters + string.digits + " .,;:'-%()/\n").encode()
MIN_READABLE_SHARE = 0.9
"""Share of printable characters from which bytes are taken for a text."""

_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/_-]+")
_NOT_HEX = re.compile(r"(?:\\x|0x|[^0-9A-Fa-f])+")
_ESCAPES = re.compile(r"\\u\{?([0-9A-Fa-f]{2,6})\}?|\\x([0-9A-Fa-f]{2})|[uU]\+([0-9A-Fa-f]{2,6})|=([0-9A-F]{2})")
_APART = re.compile(r"(?:(?<![^\W_])[^\W_][\s,._-]{1,3}){5,}[^\W_](?![^\W_])")
_PROSE = re.compile(r"[A-Za-z]{2,}")
_NUMBERS = re.compile(r"\d+")
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_MORSE_SIGNS = """
.- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --..
----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----.
"""
_MORSE = dict(zip(_MORSE_SIGNS.split(), string.ascii_lowercase + string.digits, strict=True))
_LEET = str.maketrans("0134578@$!", "oleastbasi")
_DIGIT_NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_DIGIT_WORDS = {word: str(at) for at, word in enumerate(_DIGIT_NAMES)}
_DIGIT_WORD = re.compile(rf"\b(?:{'|'.join(_DIGIT_WORDS)})\b(?:[\W_]*\b(?:{'|'.join(_DIGIT_WORDS)})\b)+", re.IGNORECASE)


def read_bytes(data: bytes) -> Iterator[str]:
    """Yield the texts that bytes may hold: plainly, compressed, or with one byte combined with each (XOR)."""
    texts = list(_as_text(data))
    for unpacked in _decompress(data):
        texts += _as_text(unpacked)
    yield from texts
    if not any(map(_is_prose, texts)):
        yield from _undo_xor(data)


def decode_percent(text: str) -> Iterator[str]:
    """Yield a text without its percent encoding."""
    if "%" in text or "+" in text:
        yield unquote_plus(text)


def decode_entities(text: str) -> Iterator[str]:
    """Yield a text with HTML character references, escapes of program texts, `U+0041` and `=41` replaced."""
    if "&" in text:
        yield html.unescape(text)
    if _ESCAPES.search(text):
        yield _ESCAPES.sub(_unescape, text)


def decode_base64(text: str) -> Iterator[str]:
    """Yield what base64 in either alphabet gives, padded or not, with separators left out."""
    kept = _NOT_BASE64.sub("", text.rstrip("="))
    for candidate in {kept, kept.replace("-", "").replace("_", "")}:
        if len(candidate) >= MIN_ENCODED_CHARS and len(candidate) % 4 != 1:
            standard = candidate.replace("-", "+").replace("_", "/")
            with suppress(binascii.Error, ValueError):
                yield from read_bytes(base64.b64decode(standard + "=" * (-len(standard) % 4)))


def decode_other_bases(text: str) -> Iterator[str]:
    """Yield what base32, base32hex, base45, base58, base85 and ascii85 give."""
    plain = "".join(text.split())
    if len(plain) < MIN_ENCODED_CHARS:
        return
    upper = re.sub(r"[^A-Z2-7]", "", plain.upper())
    padded = upper + "=" * (-len(upper) % 8)
    hexed = re.sub(r"[^0-9A-V]", "", plain.upper())
    hex_padded = hexed + "=" * (-len(hexed) % 8)
    attempts: tuple[Callable[[], bytes], ...] = (
        lambda: base64.b32decode(padded),
        lambda: base64.b32hexdecode(hex_padded),
        lambda: base64.b85decode(plain),
        lambda: base64.a85decode(plain.removeprefix("<~").removesuffix("~>")),
        lambda: _decode_base58(plain),
        lambda: _decode_base45(text.strip().upper()),
    )
    for attempt in attempts:
        with suppress(ValueError, binascii.Error, OverflowError):
            yield from read_bytes(attempt())


def decode_hex(text: str) -> Iterator[str]:
    """Yield what pairs of hexadecimal digits give, with or without separators."""
    digits = _NOT_HEX.sub("", text)
    if len(digits) >= MIN_ENCODED_CHARS and len(digits) % 2 == 0 and len(digits) * 2 >= len(text):
        yield from read_bytes(bytes.fromhex(digits))


def decode_numbers(text: str) -> Iterator[str]:
    """Yield what a row of numbers gives: codes of characters in base 2, 8 or 10, or places in the alphabet."""
    numbers = _NUMBERS.findall(text)
    if len(numbers) == 1 and len(numbers[0]) >= MIN_ENCODED_CHARS:
        numbers = _split_digits(numbers[0])
    if len(numbers) < 3:
        return
    for base in (10, 8, 2):
        with suppress(ValueError):
            codes = [int(number, base) for number in numbers[:MAX_DECODED_BYTES]]
            if all(9 <= code < 0x3000 for code in codes):
                yield from _if_readable("".join(map(chr, codes)))
    places = [int(number) for number in numbers[:MAX_DECODED_BYTES] if len(number) <= 2]
    if len(places) == len(numbers) and all(0 <= place <= 26 for place in places):
        yield "".join(" abcdefghijklmnopqrstuvwxyz"[place] for place in places)


def decode_morse(text: str) -> Iterator[str]:
    """Yield what dots and dashes give."""
    plain = text.replace("\u00b7", ".").replace("\u2013", "-").replace("_", "-").replace("+", " ")
    signs = re.split(r"\s+|(/)", plain.strip())
    letters = [sign for sign in signs if sign]
    if len(letters) >= 3 and all(sign in _MORSE or sign in "/|" for sign in letters):
        yield "".join(_MORSE.get(sign, " ") for sign in letters)


def decode_invisible(text: str) -> Iterator[str]:
    """Yield what tag characters, variation selectors, and two kinds of zero-width marks spell."""
    tags = "".join(chr(ord(sign) - 0xE0000) for sign in text if 0xE0020 <= ord(sign) < 0xE007F)
    if tags:
        yield tags
    selected = bytes(_selector_byte(sign) for sign in text if _selector_byte(sign) >= 0)
    yield from read_bytes(selected)
    marks = [sign for sign in text if sign in "\u200b\u200c\u200d\u2060\ufeff"]
    for zero in set(marks):
        bits = "".join("0" if mark == zero else "1" for mark in marks)
        if len(bits) >= 16:
            yield from read_bytes(int(bits[: len(bits) // 8 * 8], 2).to_bytes(len(bits) // 8, "big"))


def decode_lines(text: str) -> Iterator[str]:
    """Yield what the lines of uuencode give."""
    data = bytearray()
    for line in text.splitlines():
        with suppress(binascii.Error, ValueError):
            data += binascii.a2b_uu(line)
    if data:
        yield from read_bytes(bytes(data[:MAX_DECODED_BYTES]))


def decode_letters_apart(text: str) -> Iterator[str]:
    """Yield a text whose letters are written apart (`n e t  d e b t`, `n.e.t`) with the words joined."""
    if _APART.search(text):
        yield _APART.sub(lambda run: re.sub(r"(?<=\S)[\s,._-](?=\S)", "", run.group()), text)
        yield _APART.sub(lambda run: re.sub(r"[\s,._-]", "", run.group()), text)


def decode_unusual_letters(text: str) -> Iterator[str]:
    """Yield a text in plain letters: without invisible marks, wide, styled and look-alike letters replaced."""
    if not text.isascii():
        yield plain_letters(text)


def decode_punycode(text: str) -> Iterator[str]:
    """Yield a host name with its encoded labels as text."""
    if "xn--" in text.lower():
        with suppress(UnicodeError):
            yield text.lower().encode("ascii", "ignore").decode("idna")


def decode_digit_words(text: str) -> Iterator[str]:
    """Yield a text whose runs of spelled digits are numbers: `one seven` becomes `17`."""
    found = _DIGIT_WORD.sub(lambda run: _spelled_number(run.group()), text)
    if found != text:
        yield found


def reverse(text: str) -> Iterator[str]:
    """Yield a text read backwards."""
    yield text[::-1]


def rotate_13(text: str) -> Iterator[str]:
    """Yield a text with each letter 13 places on."""
    yield codecs.encode(text, "rot13")


def undo_letter_ciphers(text: str) -> Iterator[str]:
    """Yield a text with its letters shifted by each number of places, mirrored, or put for digits that look alike."""
    for places in range(1, 26):
        yield text.translate(_SHIFTS[places])
    yield text.translate(_MIRROR)
    yield "".join(chr(33 + (ord(sign) - 33 + 47) % 94) if "!" <= sign <= "~" else sign for sign in text)
    yield text.translate(_LEET)


STRUCTURAL: dict[str, Decoder] = {
    "percent encoding": decode_percent,
    "character references": decode_entities,
    "base64": decode_base64,
    "hexadecimal": decode_hex,
    "another base": decode_other_bases,
    "numbers": decode_numbers,
    "Morse code": decode_morse,
    "invisible characters": decode_invisible,
    "unusual letters": decode_unusual_letters,
    "another script": decode_other_scripts,
    "letters apart": decode_letters_apart,
    "uuencode": decode_lines,
    "punycode": decode_punycode,
    "spelled digits": decode_digit_words,
    "backwards": reverse,
    "rot13": rotate_13,
}
"""Decoders that may follow one another, by what a person calls them."""
ONCE = frozenset({"backwards", "rot13", "another base", "uuencode"})
"""Those that nobody applies twice."""
FOR_OPAQUE = frozenset({"another base", "uuencode"})
"""Those that give nothing for a text of words."""


def _as_text(data: bytes) -> Iterator[str]:
    encodings = ["utf-8"]
    if data[1::2].count(0) * 3 > len(data) or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ["utf-16-le", "utf-16"]
    elif data[::2].count(0) * 3 > len(data):
        encodings = ["utf-16-be"]
    for encoding in encodings:
        with suppress(UnicodeDecodeError):
            yield from _if_readable(data.decode(encoding))


def _if_readable(text: str) -> Iterator[str]:
    readable = sum(sign.isprintable() or sign in "\n\t\r" for sign in text)
    if text and readable >= len(text) * MIN_READABLE_SHARE:
        yield text


def _is_prose(text: str) -> bool:
    """Return whether most of a text is words of letters."""
    return sum(map(len, _PROSE.findall(text))) >= len(text) * 0.6


def _decompress(data: bytes) -> Iterator[bytes]:
    for window in (zlib.MAX_WBITS | 32, -zlib.MAX_WBITS):
        with suppress(zlib.error):
            yield zlib.decompressobj(window).decompress(data, MAX_DECODED_BYTES)
    if data.startswith(b"BZh"):
        with suppress(OSError, ValueError):
            yield bz2.BZ2Decompressor().decompress(data, MAX_DECODED_BYTES)
    if data.startswith((b"\xfd7zXZ", b"\x5d\x00\x00")):
        with suppress(lzma.LZMAError):
            yield lzma.LZMADecompressor(memlimit=64 << 20).decompress(data, MAX_DECODED_BYTES)


def _undo_xor(data: bytes) -> Iterator[str]:
    """Yield the texts of letters, digits and blanks that one byte combined with each byte gives."""
    start = data[:MAX_XOR_BYTES]
    if len(start) < MIN_XOR_BYTES or len({byte & 0x80 for byte in start}) > 1:
        return
    for key in {byte ^ sign for byte in start[:MIN_XOR_BYTES] for sign in b" eEaAtT"}:
        mixed = bytes(byte ^ key for byte in start)
        if mixed.isascii() and not mixed.translate(None, _PLAIN_BYTES):
            yield mixed.decode("ascii")


def _decode_base58(text: str) -> bytes:
    number = 0
    for sign in text[:2048]:
        number = number * 58 + _BASE58.index(sign)
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _decode_base45(text: str) -> bytes:
    alphabet = string.digits + string.ascii_uppercase + " $%*+-./:"
    values = [alphabet.index(sign) for sign in text]
    out = bytearray()
    for at in range(0, len(values), 3):
        group = values[at : at + 3]
        number = sum(value * 45**power for power, value in enumerate(group))
        out += number.to_bytes(len(group) - 1, "big")
    return bytes(out)


def _split_digits(digits: str) -> list[str]:
    """Return one long number as the codes that it is made of: groups of eight bits, or decimal codes of letters."""
    if set(digits) <= {"0", "1"}:
        size = 8 if len(digits) % 8 == 0 else 7
        return [digits[at : at + size] for at in range(0, len(digits), size)]
    codes = re.findall(r"1[0-2]\d|[3-9]\d", digits)
    return codes if "".join(codes) == digits else []


def _unescape(match: re.Match[str]) -> str:
    code = int(next(group for group in match.groups() if group), 16)
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else match.group()


def _selector_byte(sign: str) -> int:
    """Return the byte that a variation selector is for; -1 for any other character."""
    code = ord(sign)
    if 0xFE00 <= code <= 0xFE0F:
        return code - 0xFE00
    return code - 0xE0100 + 16 if 0xE0100 <= code <= 0xE01EF else -1


def _spelled_number(words: str) -> str:
    return "".join(_DIGIT_WORDS[word] for word in re.findall(r"[a-z]+", words.lower()))


def _shift(places: int) -> dict[int, int]:
    lower, upper = string.ascii_lowercase, string.ascii_uppercase
    turned = lower[places:] + lower[:places] + upper[places:] + upper[:places]
    return str.maketrans(lower + upper, turned)


_SHIFTS = {places: _shift(places) for places in range(1, 26)}
_MIRROR = str.maketrans(string.ascii_letters, string.ascii_lowercase[::-1] + string.ascii_uppercase[::-1])
