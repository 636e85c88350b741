"""Colour themes: dark, light, high contrast, and one without colour.

Every theme names the same few roles, so that a widget never names a colour. The one without colour leaves the
terminal's own foreground and background alone and tells things apart by bold, underline and reverse.
"""

from textual.theme import Theme

from kimi_tui.config import ConfigError

AUTO = "auto"
"""The setting that follows the terminal's background."""
DEFAULT_THEME = "kimi-dark"
"""What is shown when the settings name no other."""
NO_COLOR_THEME = "kimi-plain"
"""What `NO_COLOR` in the environment asks for."""

DARK = Theme(
    name=DEFAULT_THEME,
    dark=True,
    primary="#8ab4f8",
    secondary="#b7a7e8",
    accent="#7fc8c2",
    warning="#e3b565",
    error="#ee8080",
    success="#8cc99a",
    foreground="#d9dde5",
    background="#101319",
    surface="#161a22",
    panel="#1d222c",
    variables={
        "key": "#8ab4f8",
        "focus": "#ff9ecf",
        "progress": "#6fd3b8",
        "heading": "#f0e6c8",
        "chart": "#d9a0e8",
        "text-muted": "#9fa7b6",
        "text-disabled": "#959daf",
        "block-cursor-background": "#2a3446",
        "block-cursor-foreground": "#eef2f9",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#1d222c",
        "input-cursor-background": "#ff9ecf",
        "input-selection-background": "#8ab4f8 30%",
        "scrollbar": "#4a5466",
        "scrollbar-hover": "#5b6679",
        "scrollbar-active": "#6d788c",
        "scrollbar-background": "#101319",
        "scrollbar-background-hover": "#101319",
        "scrollbar-background-active": "#101319",
        "border": "#4a5466",
        "border-blurred": "#414a5b",
    },
)

LIGHT = Theme(
    name="kimi-light",
    dark=False,
    primary="#1f5fae",
    secondary="#6a4fa3",
    accent="#12706a",
    warning="#875500",
    error="#b3261e",
    success="#236b38",
    foreground="#22262e",
    background="#fbfaf7",
    surface="#f3f1ec",
    panel="#e9e6df",
    variables={
        "key": "#1f5fae",
        "focus": "#a3246e",
        "progress": "#0b6350",
        "heading": "#5f3a00",
        "chart": "#7a3fa0",
        "text-muted": "#545963",
        "text-disabled": "#5d626c",
        "block-cursor-background": "#d5e2f3",
        "block-cursor-foreground": "#10141b",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#e9e6df",
        "input-cursor-background": "#a3246e",
        "input-cursor-foreground": "#ffffff",
        "input-selection-background": "#1f5fae 25%",
        "scrollbar": "#a29d91",
        "scrollbar-hover": "#8d887c",
        "scrollbar-active": "#78736a",
        "scrollbar-background": "#fbfaf7",
        "scrollbar-background-hover": "#fbfaf7",
        "scrollbar-background-active": "#fbfaf7",
        "border": "#b3aea3",
        "border-blurred": "#b9b4a9",
    },
)

CONTRAST = Theme(
    name="kimi-contrast",
    dark=True,
    primary="#6fd3ff",
    secondary="#e2b6ff",
    accent="#5cf2e0",
    warning="#ffd84a",
    error="#ff8a8a",
    success="#6cff8a",
    foreground="#ffffff",
    background="#000000",
    surface="#0b0b0b",
    panel="#1a1a1a",
    variables={
        "key": "#6fd3ff",
        "focus": "#ff9cf0",
        "progress": "#5cf2c0",
        "heading": "#fff2b8",
        "chart": "#e2b6ff",
        "text-muted": "#d0d0d0",
        "text-disabled": "#b4b4b4",
        "block-cursor-background": "#0b3f80",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#3a3a3a",
        "block-cursor-blurred-foreground": "#ffffff",
        "input-cursor-background": "#ffffff",
        "input-cursor-foreground": "#000000",
        "scrollbar": "#8a8a8a",
        "scrollbar-background": "#000000",
        "scrollbar-background-hover": "#000000",
        "scrollbar-background-active": "#000000",
        "border": "#ffffff",
        "border-blurred": "#8a8a8a",
    },
)

PLAIN = Theme(
    name=NO_COLOR_THEME,
    ansi=True,
    dark=True,
    primary="ansi_default",
    secondary="ansi_default",
    accent="ansi_default",
    warning="ansi_default",
    error="ansi_default",
    success="ansi_default",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    variables={
        "key": "ansi_default",
        "focus": "ansi_default",
        "progress": "ansi_default",
        "heading": "ansi_default",
        "chart": "ansi_default",
        "ansi-background": "ansi_default",
        "ansi-foreground": "ansi_default",
        "text-muted": "ansi_default",
        "text-disabled": "ansi_default",
        "block-cursor-foreground": "ansi_default",
        "block-cursor-background": "ansi_default",
        "block-cursor-text-style": "reverse",
        "block-cursor-blurred-text-style": "bold",
        "input-cursor-background": "ansi_default",
        "input-cursor-foreground": "ansi_default",
        "input-cursor-text-style": "reverse",
        "input-selection-background": "ansi_default",
        "scrollbar": "ansi_default",
        "scrollbar-background": "ansi_default",
        "border": "ansi_default",
        "border-blurred": "ansi_default",
    },
)

THEMES = (DARK, LIGHT, CONTRAST, PLAIN)
"""Every look the app offers."""


def resolve_theme(wanted: str, *, dark: bool | None) -> str:
    """Return the theme name for a setting; raises `ConfigError` for an unknown theme."""
    if wanted == AUTO:
        return LIGHT.name if dark is False else DEFAULT_THEME
    names = [theme.name for theme in THEMES]
    if wanted not in names:
        raise ConfigError(
            f"setting `ui.theme`: there is no theme `{wanted}`; choose one of {', '.join((AUTO, *names))}"
        )
    return wanted
