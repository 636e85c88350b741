"""The style of the timeline's roles: one component class each, in the theme's variables.

Where there is no colour, bold, dim, italic, underline and reverse keep apart what colour parts elsewhere.
"""

ROLES = (
    "label",
    "muted",
    "faint",
    "accent",
    "strong",
    "emphasis",
    "strike",
    "code",
    "block",
    "heading",
    "title",
    "minor",
    "link",
    "cite",
    "quote",
    "ok",
    "running",
    "warning",
    "error",
    "bar",
    "band",
    "here",
    "question",
    "steer",
    "reasoning",
    "key",
    "added",
    "removed",
    "marker",
    "cursor",
    "match",
    "match-current",
)
"""Every role a renderer may name."""

TIMELINE_CSS = """
TimelineView {
    height: 1fr;
    width: 1fr;
    background: $background;
    color: $foreground;
    overflow-x: hidden;
    overflow-y: scroll;
    scrollbar-size-vertical: 0;

    & > .timeline--label { color: $foreground; }
    & > .timeline--muted { color: $text-muted; }
    & > .timeline--faint { color: $text-disabled; }
    & > .timeline--accent { color: $accent; }
    & > .timeline--strong { text-style: bold; }
    & > .timeline--emphasis { text-style: italic; }
    & > .timeline--strike { text-style: strike; }
    & > .timeline--code { color: $accent; }
    & > .timeline--block { background: $surface; color: $foreground; }
    & > .timeline--heading { text-style: bold; color: $heading; }
    & > .timeline--title { text-style: bold; color: $foreground; }
    & > .timeline--minor { color: $foreground; }
    & > .timeline--link { color: $primary; text-style: underline; }
    & > .timeline--cite { color: $secondary; }
    & > .timeline--quote { color: $text-muted; }
    & > .timeline--ok { color: $success; }
    & > .timeline--running { color: $accent; }
    & > .timeline--warning { color: $warning; }
    & > .timeline--error { color: $error; }
    & > .timeline--bar { color: $progress; }
    & > .timeline--band { background: $panel; }
    & > .timeline--here { background: $scrollbar; }
    & > .timeline--question { text-style: bold; color: $foreground; }
    & > .timeline--steer { color: $primary; }
    & > .timeline--reasoning { color: $text-muted; text-style: italic; }
    & > .timeline--key { color: $text-muted; }
    & > .timeline--added { color: $success; }
    & > .timeline--removed { color: $error; }
    & > .timeline--marker { color: $primary; }
    & > .timeline--cursor { background: $panel; }
    & > .timeline--match { background: $warning 35%; color: $foreground; }
    & > .timeline--match-current { background: $warning; color: $background; text-style: bold; }

    &:ansi, &:nocolor {
        & > .timeline--muted { text-style: dim; }
        & > .timeline--faint { text-style: dim; }
        & > .timeline--reasoning { text-style: dim italic; }
        & > .timeline--cite { text-style: underline; }
        & > .timeline--code { text-style: bold; }
        & > .timeline--warning { text-style: bold; }
        & > .timeline--error { text-style: bold; }
        & > .timeline--marker { text-style: bold; }
        & > .timeline--cursor { text-style: bold; }
        & > .timeline--here { text-style: reverse; }
        & > .timeline--added { text-style: bold; }
        & > .timeline--removed { text-style: strike; }
        & > .timeline--match { text-style: reverse; }
        & > .timeline--match-current { text-style: bold reverse; }
    }
}
"""
"""The default look of `TimelineView`."""
