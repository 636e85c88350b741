"""Pictures by kitty's graphics protocol, placed by characters: so a picture is text to whatever draws the screen.

The picture is sent once, with a number; cells that hold the placeholder, in the colour of that number, show it. They
are drawn, moved and covered like all other cells, and nothing is left of it when they are gone.
"""

import zlib
from base64 import b64encode
from collections.abc import Iterator

PLACEHOLDER = "\U0010eeee"
"""The character that shows a piece of a picture."""
MAX_ROWS = 160
"""Rows of cells that can be told apart here."""
_CHUNK_CHARS = 4_096
_ROW_MARKS = (
    "\u0305\u030d\u030e\u0310\u0312\u033d\u033e\u033f\u0346\u034a\u034b\u034c\u0350\u0351\u0352\u0357\u035b\u0363"
    "\u0364\u0365\u0366\u0367\u0368\u0369\u036a\u036b\u036c\u036d\u036e\u036f\u0483\u0484\u0485\u0486\u0487\u0592"
    "\u0593\u0594\u0595\u0597\u0598\u0599\u059c\u059d\u059e\u059f\u05a0\u05a1\u05a8\u05a9\u05ab\u05ac\u05af\u05c4"
    "\u0610\u0611\u0612\u0613\u0614\u0615\u0616\u0617\u0657\u0658\u0659\u065a\u065b\u065d\u065e\u06d6\u06d7\u06d8"
    "\u06d9\u06da\u06db\u06dc\u06df\u06e0\u06e1\u06e2\u06e4\u06e7\u06e8\u06eb\u06ec\u0730\u0732\u0733\u0735\u0736"
    "\u073a\u073d\u073f\u0740\u0741\u0743\u0745\u0747\u0749\u074a\u07eb\u07ec\u07ed\u07ee\u07ef\u07f0\u07f1\u07f3"
    "\u0816\u0817\u0818\u0819\u081b\u081c\u081d\u081e\u081f\u0820\u0821\u0822\u0823\u0825\u0826\u0827\u0829\u082a"
    "\u082b\u082c\u082d\u0951\u0953\u0954\u0f82\u0f83\u0f86\u0f87\u135d\u135e\u135f\u17dd\u193a\u1a17\u1a75\u1a76"
    "\u1a77\u1a78\u1a79\u1a7a\u1a7b\u1a7c\u1b6b\u1b6d\u1b6e\u1b6f\u1b70\u1b71\u1b72\u1b73\u1cd0\u1cd1"
)
"""The combining mark that names each row; from kitty's list of row and column marks."""


def send_kitty(number: int, width: int, height: int, rgb: bytes, columns: int, rows: int) -> str:
    """Return what sends a picture of so many pixels, to be shown in so many cells; the terminal answers nothing."""
    data = b64encode(zlib.compress(rgb, 1)).decode()
    first = f"a=T,U=1,q=2,f=24,o=z,s={width},v={height},c={columns},r={rows},i={number},"
    pieces = [data[at : at + _CHUNK_CHARS] for at in range(0, len(data), _CHUNK_CHARS)] or [""]
    return "".join(_commands(first, pieces))


def _commands(first: str, pieces: list[str]) -> Iterator[str]:
    for at, piece in enumerate(pieces):
        control = first if at == 0 else "q=2,"
        yield f"\x1b_G{control}m={int(at + 1 < len(pieces))};{piece}\x1b\\"


def delete_kitty(number: int) -> str:
    """Return what makes the terminal forget a picture."""
    return f"\x1b_Ga=d,d=I,i={number},q=2\x1b\\"


def kitty_row(row: int, columns: int) -> str:
    """Return the cells of one row: the first names row and column, the others go on from it."""
    if columns < 1:
        return ""
    return f"{PLACEHOLDER}{_ROW_MARKS[row]}{_ROW_MARKS[0]}{PLACEHOLDER * (columns - 1)}"
