"""Decode bytes: byte order mark, then labels as browsers read them, then UTF-8, then a reported guess.

A label such as ISO-8859-1 or Shift_JIS means the larger encoding that browsers use for it. A byte that is none of its
encoding costs one character, and a note says in which line.
"""

import codecs
import re

import msgspec

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
_RARE = ("iso8859-4", "iso8859-10", "iso8859-13", "iso8859-14", "iso8859-16", "cp1006", "kz1048", "ptcp154")
"""Encodings that short texts are more often taken for than written in."""
_SAMPLE_BYTES = 200_000
"""How much is looked at to find out an encoding: of the lines that tell anything."""
_KANA = re.compile("[\u3041-\u30fe]")
_LETTERS = re.compile("[\u3041-\u30fe\u4e00-\u9fff]")
_TEXT_BYTES = bytes({*range(256)} - {*range(9), *range(0x0E, 0x1B)})
"""The bytes that text in other encodings has."""
_USUAL = re.compile(
    "[\t\n\r\x20-\x7e\u00a0-\u06ff\u0900-\u0e7f\u2000-\u22ff\u3000-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff00-\uffef]+"
)
_MAX_LINES = 5
"""Lines that a note names."""
_BAD = "\ufffd"


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
            return _with_damage(data[len(mark) :], name)
    codec = find_codec(label)
    if codec and codec != "utf-8":
        return _as_labelled(data, codec, label)
    if (kind := _utf_16(data)) is not None:
        return kind
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _not_utf_8(data, label)
    if _JAPANESE_ESCAPE.search(data[:_SAMPLE_BYTES]):
        return _guessed(data, "iso-2022-jp", "iso2022_jp_ext")
    return DecodedText(text, "utf-8")


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
    import chardet

    lines = (line for line in re.split(rb"(?<=[\r\n])", data) if not line.isascii())
    sample = b""
    for line in lines:
        sample += line[: _SAMPLE_BYTES - len(sample)]
        if len(sample) >= _SAMPLE_BYTES:
            break
    eras = chardet.EncodingEra.MODERN_WEB | chardet.EncodingEra.LEGACY_ISO | chardet.EncodingEra.LEGACY_REGIONAL
    found = chardet.detect(sample, encoding_era=eras, exclude_encodings=_RARE)
    name = str(found["encoding"] or "windows-1252")
    codec = find_codec(name) or _python_codec(name)
    if codec in ("gb18030", "big5hkscs", "cp1256", "cp949") and _is_japanese(sample):
        return "euc-jp", "euc_jis_2004"
    return (name.lower(), codec) if codec else ("windows-1252", "cp1252")


def _python_codec(name: str) -> str:
    try:
        found = codecs.lookup(name).name
    except LookupError:
        return ""
    return _LARGER.get(found, found)


def _is_japanese(sample: bytes) -> bool:
    """Return whether bytes are EUC-JP: it shares its place with Chinese and Korean encodings, but has kana."""
    text = sample.decode("euc_jis_2004", "replace")
    kana = len(_KANA.findall(text))
    return text.count(_BAD) <= 1 and 8 * kana >= len(_LETTERS.findall(text)) and kana >= 2


def _utf_16(data: bytes) -> DecodedText | None:
    """Text in UTF-16 without a mark, None for other: no other text has so many bytes of control characters."""
    sample = data[: _SAMPLE_BYTES // 2 * 2]
    even, odd = (len(sample[side::2].translate(None, _TEXT_BYTES)) for side in (0, 1))
    if not data or len(data) % 2 or 200 * (even + odd) < len(sample):
        return None
    likely = [name for name in ("utf-16-le", "utf-16-be") if _is_usual(sample.decode(name, "replace"))]
    if not likely:
        return None
    name = likely[0] if len(likely) == 1 else "utf-16-le" if odd > even else "utf-16-be"
    return _guessed(data, name, name)


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
