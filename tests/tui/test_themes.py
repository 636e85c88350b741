"""Every text can be read and every region has an edge, in every theme: the contrasts are computed from the themes."""

import pytest
from textual.color import Color
from textual.theme import Theme
from textual.widget import Widget

from kimi_tui.config import UiSettings
from kimi_tui.tui.themes import CONTRAST, DARK, LIGHT, PLAIN
from tests.tui.sessions import MemoryLibrary, finished_session, waiting_session
from tests.tui.stage import staged

THEMES = (DARK, LIGHT, CONTRAST)
MIN_TEXT_CONTRAST = 4.5
MIN_EDGE_CONTRAST = 1.5
TEXT_ROLES = ("foreground", "primary", "secondary", "accent", "warning", "error", "success")
OWN_ROLES = ("key", "focus", "progress", "heading", "chart")
"""What is never told apart by the same colour."""
GROUNDS = ("background", "surface", "panel")
EDGES = ("border", "border-blurred", "scrollbar")


def contrast(one: str | Color, other: str | Color) -> float:
    """The ratio of two colours' luminances, from 1 to 21, as WCAG 2 defines it."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(color: str | Color) -> float:
    """The relative luminance of a colour."""
    parts = (Color.parse(color) if isinstance(color, str) else color).normalized
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def grounds_of(theme: Theme) -> dict[str, str]:
    """Every background that text is drawn on."""
    rows = {name: theme.variables[name] for name in ("block-cursor-background", "block-cursor-blurred-background")}
    return {name: str(getattr(theme, name)) for name in GROUNDS} | rows


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_text_of_every_role_can_be_read_on_every_ground(theme: Theme) -> None:
    roles = {name: str(getattr(theme, name)) for name in TEXT_ROLES}
    roles |= {name: theme.variables[name] for name in (*OWN_ROLES, "text-muted", "text-disabled")}
    faint = {
        f"{role} on {ground}": round(found, 2)
        for role, color in roles.items()
        for ground, behind in grounds_of(theme).items()
        if (found := contrast(color, behind)) < MIN_TEXT_CONTRAST
    }
    assert faint == {}


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_text_on_the_focused_choice_can_be_read(theme: Theme) -> None:
    assert contrast(str(theme.background), theme.variables["focus"]) >= MIN_TEXT_CONTRAST


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_edges_are_seen_on_every_ground(theme: Theme) -> None:
    faint = {
        f"{edge} on {ground}": round(found, 2)
        for edge in EDGES
        for ground in GROUNDS
        if (found := contrast(theme.variables[edge], str(getattr(theme, ground)))) < MIN_EDGE_CONTRAST
    }
    assert faint == {}


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_key_focus_progress_heading_and_chart_have_a_colour_each(theme: Theme) -> None:
    colours = [Color.parse(theme.variables[name]).hex for name in OWN_ROLES]
    assert len(set(colours)) == len(OWN_ROLES)


def test_theme_without_colour_names_none() -> None:
    assert {PLAIN.variables[name] for name in OWN_ROLES} == {"ansi_default"}


def edge_of(widget: Widget, side: str) -> Color:
    """The colour of an edge that is drawn."""
    kind, color = getattr(widget.styles, f"border_{side}")
    assert kind, f"{widget} has no edge at its {side}"
    assert isinstance(color, Color)
    return color


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
async def test_regions_of_a_session_have_edges_and_the_focus_has_another_one(theme: Theme) -> None:
    ui = UiSettings(theme=theme.name)
    async with staged(MemoryLibrary(waiting_session()), session_id="s1", ui=ui) as stage:
        ground = stage.screen.timeline.styles.background
        for selector, side in (("SidePanel", "left"), ("ApprovalCard", "left"), ("#ask-frame", "left")):
            assert contrast(edge_of(stage.find(selector), side), ground) >= MIN_EDGE_CONTRAST, selector
        focused = edge_of(stage.find("#ask-frame"), "left")
        assert focused == Color.parse(theme.variables["focus"])
        await stage.press("escape")
        assert edge_of(stage.find("#ask-frame"), "left") != focused


async def test_look_at_a_session_has_an_edge_beside_and_under_the_list() -> None:
    for size, side in (((140, 40), "left"), ((80, 24), "top")):
        async with staged(MemoryLibrary(finished_session()), size=size) as stage:
            await stage.press("escape", "space")
            look = stage.find("#glance")
            assert contrast(edge_of(look, side), look.styles.background) >= MIN_EDGE_CONTRAST
