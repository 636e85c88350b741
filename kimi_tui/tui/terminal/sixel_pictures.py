"""Pictures as sixels: bands of six rows of pixels, colour by colour."""

import re
from collections.abc import Iterator

MAX_COLORS = 64
"""Colours of one picture; a page has few."""
BAND_ROWS = 6
_LONG_RUN = re.compile(rb"(.)\1{3,}", re.DOTALL)


def encode_sixel(width: int, height: int, rgb: bytes) -> str:
    """Return the sequence that draws a picture at the cursor; nothing for one without pixels."""
    from PIL import Image  # seldom needed

    if width < 1 or height < 1:
        return ""
    picture = Image.frombytes("RGB", (width, height), rgb).quantize(MAX_COLORS, dither=Image.Dither.NONE)
    palette, pixels = picture.getpalette() or [], picture.tobytes()
    used = sorted(set(pixels))
    colors = "".join(f"#{color};2;{';'.join(_percent(palette, color))}" for color in used)
    bands = (pixels[at : at + BAND_ROWS * width] for at in range(0, len(pixels), BAND_ROWS * width))
    drawn = "-".join("$".join(_band(band, width)) for band in bands)
    return f'\x1bP0;1;0q"1;1;{width};{height}{colors}{drawn}\x1b\\'


def _percent(palette: list[int], color: int) -> Iterator[str]:
    return (str(round(value * 100 / 255)) for value in palette[color * 3 : color * 3 + 3])


def _band(band: bytes, width: int) -> Iterator[str]:
    """Yield the line of each colour of one band: a character for each column, runs of the same shortened."""
    rows = [band[at : at + width] for at in range(0, len(band), width)]
    for color in sorted(set(band)):
        bits = 0
        for number, row in enumerate(rows):
            only = row.translate(bytes((1 << number) if value == color else 0 for value in range(256)))
            bits |= int.from_bytes(only, "big")
        line = bytes(value + 63 for value in bits.to_bytes(width, "big")).rstrip(b"?")
        yield f"#{color}" + _LONG_RUN.sub(lambda run: b"!%d%s" % (len(run[0]), run[1]), line).decode("ascii")
