"""Write as text what a page shows in fields and drawings: values of forms, words of charts."""

from typing import Any

_SHOWN_INPUTS = frozenset(("", "text", "number", "date", "month", "week", "time", "email", "tel", "url", "search"))
"""Kinds of input fields whose value is shown as it is."""
_BOXES = frozenset(("checkbox", "radio"))


def write_controls(tree: Any) -> None:
    """Put the values of form fields, and the texts of drawings, into the text around them."""
    for field in list(tree.iter("input")):
        kind = field.get("type", "").strip().lower()
        if kind in _BOXES:
            _write(field, "[x]" if "checked" in field.attrib else "[ ]")
        elif kind in _SHOWN_INPUTS and (value := field.get("value", "").strip()):
            _write(field, value)
    for choice in list(tree.iter("select")):
        chosen = [one for one in choice.iter("option") if "selected" in one.attrib]
        _write(choice, ", ".join(" ".join(one.text_content().split()) for one in chosen))
    for drawing in list(tree.iter("svg")):
        texts = (" ".join("".join(one.itertext()).split()) for one in drawing.iter("text"))
        _write(drawing, " · ".join(filter(None, texts)))


def _write(element: Any, text: str) -> None:
    """Replace an element by a text; what follows it stays."""
    hidden = {name: element.get(name) for name in ("style", "class", "id", "hidden") if name in element.attrib}
    element.clear(keep_tail=True)
    element.tag, element.text = "span", text
    element.attrib.update(hidden)
