"""Decode bytes: byte order mark, then labels as browsers read them, then UTF-8, then a reported guess.

A label such as ISO-8859-1 or Shift_JIS means the larger encoding that browsers use for it. A byte that is none of its
encoding costs one character, and a note says in which line.
"""

import codecs
import re

import msgspec

from kimi_tui.tools.text.encoding_guess import guess_encoding, reads_as_words

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LARGER = {
    "shift_jis": "cp932",
    "euc-kr": "cp949",
    "big5": "big5hkscs",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "shift_jisx0213": "cp932",
    "shift_jis_2004": "cp932",
    "hz": "gb18030",
    "utf-16": "utf-16-le",
    "euc_jp": "euc_jis_2004",
    "iso2022_jp": "iso2022_jp_ext",
    "utf-7": "utf-8",
}
"""Python's codec to the one that has all characters that are written under its name; none that can hide others."""
_JAPANESE_ESCAPE = re.compile(rb"\x1b(?:\$[@B]|\([BIJ])")
_SAMPLE_BYTES = 200_000
"""How much is looked at to find out an encoding: of the lines that tell anything."""
_TEXT_BYTES = bytes({*range(256)} - {*range(9), *range(0x0E, 0x1B)})
"""The bytes that text in other encodings has."""
_USUAL = re.compile(
    "[\t\n\r\x20-\x7e\u00a0-\u06ff\u0900-\u0e7f\u2000-\u22ff\u3000-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff00-\uffef]+"
)
_MAX_LINES = 5
"""Lines that a note names."""
_BAD = "\ufffd"
_HIGH_RUN = re.compile(r"[^\x00-\x7f]+")
_TWICE = re.compile("[\u00c2-\u00f4][\x80-\u00bf\u0152-\u0192\u02c6\u02dc\u2013-\u2122]")
"""How the first bytes of UTF-8 read in Windows-1252."""


class DecodedText(msgspec.Struct, frozen=True):
    """Characters, and how they were found."""

    text: str
    encoding: str
    """The name for people: `utf-8`, `windows-1251`."""
    notes: tuple[str, ...] = ()
    """What was guessed or damaged, each a sentence."""


def decode_text(data: bytes, label: str = "") -> DecodedText:
    """Bytes as text; `label` is what a server or the text itself calls its encoding, empty if nothing does."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            found = _with_damage(data[len(mark) :], name)
            return msgspec.structs.replace(found, text=found.text.lstrip("\ufeff"))
    codec = find_codec(label)
    if codec and codec != "utf-8":
        return _as_labelled(data, codec, label)
    if (kind := _wide(data)) is not None:
        return kind
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _not_utf_8(data, label)
    if _JAPANESE_ESCAPE.search(data[:_SAMPLE_BYTES]):
        return _guessed(data, "iso-2022-jp", "iso2022_jp_ext")
    return _read_once(text)


def _read_once(text: str) -> DecodedText:
    """Return text that was decoded, with what had been encoded twice read as it was meant: `Ã¼` for `ü`."""
    if text.isascii() or not _TWICE.search(text):
        return DecodedText(text, "utf-8")
    runs = _HIGH_RUN.findall(text)
    meant = {run: _encoded_once(run) for run in set(runs)}
    if sum(meant[run] is None for run in runs) * 20 > len(runs):
        return DecodedText(text, "utf-8")
    note = "It was encoded as UTF-8 twice, and is read as was meant: check names and signs before quoting."
    return DecodedText(_HIGH_RUN.sub(lambda match: meant[match.group()] or match.group(), text), "utf-8", (note,))


def _encoded_once(run: str) -> str | None:
    """Return what bytes that were taken for Windows-1252 say in UTF-8; None when they were none of it."""
    data = b"".join(
        bytes((ord(one),))
        if one <= "\xff" and not "\x80" <= one <= "\x9f"
        else one.encode("cp1252", "ignore") or (bytes((ord(one),)) if one <= "\xff" else b"\xff")
        for one in run
    )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def find_codec(label: str) -> str:
    """Python's codec for a label as browsers read it; empty for an unknown one."""
    import webencodings

    found = webencodings.lookup(label.strip()) if label else None
    if found is None:
        return ""
    try:
        name = codecs.lookup(found.codec_info.name).name
    except LookupError:
        return ""
    return _LARGER.get(name, name)


def _as_labelled(data: bytes, codec: str, label: str) -> DecodedText:
    """Bytes in the encoding that they are said to be in, unless they are plainly UTF-8."""
    if not data.isascii() and not codec.startswith("utf"):
        try:
            note = f"It is labelled {label[:40]} but is UTF-8, and is read as that."
            return DecodedText(data.decode("utf-8"), "utf-8", (note,))
        except UnicodeDecodeError:
            pass
    if codec == "cp1252" and not reads_as_words(sample := _telling_lines(data), codec):  # which is what many say of all
        name, likely = _detected(data)
        if likely != codec and reads_as_words(sample, likely):
            found = _with_damage(data, likely)
            note = f"It is labelled {label[:40]} but does not read as that; {name} is a guess: check names and signs."
            return DecodedText(found.text, name, (note, *found.notes))
    return _with_damage(data, codec)


def _not_utf_8(data: bytes, label: str) -> DecodedText:
    """Bytes that are not UTF-8 throughout: damaged UTF-8 if most of it is, else what a detector says."""
    text = data.decode("utf-8", "replace")
    bad = text.count(_BAD)
    whole = sum(1 for character in text[:2_000_000] if character > "\x7f") - bad
    if whole > 2 * bad or (label and 20 * bad < whole):
        return _with_damage(data, "utf-8")
    name, codec = _detected(data)
    return _guessed(data, name, codec)


def _guessed(data: bytes, name: str, codec: str) -> DecodedText:
    found = _with_damage(data, codec)
    note = f"Nothing says in which encoding it is written; {name} is a guess: check names and signs before quoting."
    return DecodedText(found.text, name, (note, *found.notes))


def _detected(data: bytes) -> tuple[str, str]:
    """Return the name and codec of an encoding, found from the lines that are not ASCII."""
    return guess_encoding(_telling_lines(data), lambda name: find_codec(name) or _python_codec(name))


def _telling_lines(data: bytes) -> bytes:
    """Return the first lines that are not ASCII."""
    sample = b""
    for line in (line for line in re.split(rb"(?<=[\r\n])", data) if not line.isascii()):
        sample += line[: _SAMPLE_BYTES - len(sample)]
        if len(sample) >= _SAMPLE_BYTES:
            break
    return re.sub(rb"<[^<>]*>", b" ", sample)  # a detector believes what markup says of itself


def _python_codec(name: str) -> str:
    try:
        found = codecs.lookup(name).name
    except LookupError:
        return ""
    return _LARGER.get(found, found)


def _wide(data: bytes) -> DecodedText | None:
    """Text in UTF-16 or UTF-32 without a mark, None for other: no other text has so many bytes of control characters.

    In UTF-32 every fourth byte is zero, in UTF-16 every other one of nearly all text with digits and blanks.
    """
    sample = data[: _SAMPLE_BYTES // 4 * 4]
    if len(data) % 4 == 0 and data:
        for name, zeros in (("utf-32-le", sample[3::4]), ("utf-32-be", sample[0::4])):
            if not zeros.strip(b"\0") and _is_usual(sample.decode(name, "replace")):
                return _guessed(data, name, name)
    even, odd = (sample[side::2] for side in (0, 1))
    controls = [len(half.translate(None, _TEXT_BYTES)) for half in (even, odd)]
    if not data or len(data) % 2 or 200 * sum(controls) < len(sample):
        return None
    likely = [name for name in ("utf-16-le", "utf-16-be") if _is_usual(sample.decode(name, "replace"))]
    if not likely or _is_ascii_with_zeros(sample):
        return None
    name = likely[0] if len(likely) == 1 else "utf-16-le" if controls[1] > controls[0] else "utf-16-be"
    return _guessed(data, name, name)


def _is_ascii_with_zeros(sample: bytes) -> bool:
    """Return whether bytes are ASCII with a few zeros in it, at even places as at odd ones."""
    zeros = [half.count(0) for half in (sample[0::2], sample[1::2])]
    return sample.isascii() and 8 * sum(zeros) < len(sample)


def _is_usual(text: str) -> bool:
    """Return whether nearly all characters are of scripts in wide use."""
    return len(_USUAL.sub("", text)) * 20 <= len(text)


def _with_damage(data: bytes, codec: str) -> DecodedText:
    """Bytes in an encoding; what is none of it costs one character each and a note."""
    name = "windows-" + codec[2:] if re.fullmatch(r"cp125\d|cp874", codec) else codec
    try:
        return DecodedText(data.decode(codec), name)
    except UnicodeDecodeError:
        text = data.decode(codec, "replace")
    bad = text.count(_BAD)
    lines: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        if _BAD in line:
            lines.append(str(number))
            if len(lines) > _MAX_LINES:
                break
    where = ", ".join(lines[:_MAX_LINES]) + (" and more" if len(lines) > _MAX_LINES else "")
    places = "1 place is" if bad == 1 else f"{bad:,} places are"
    return DecodedText(text, name, (f"{places} not valid {name} and shown as {_BAD}: line {where}.",))
