"""Draw how the context fills and empties: one line for each session, prompt tokens over steps."""

from collections.abc import Callable
from html import escape

from tools.simulator.run import SimulationResult

WIDTH, HEIGHT = 920, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 20, 56, 44
_COLOURS = ("#2563eb", "#d97706", "#7c3aed", "#059669", "#dc2626")


def draw_chart(rows: list[SimulationResult], title: str) -> str:
    """An SVG of the sessions' prompts; the dashed line is the window."""
    window = max(row.workload.window for row in rows)
    steps = max(len(row.prompts) for row in rows)

    def place(step: float, tokens: float) -> tuple[float, float]:
        across = _LEFT + (WIDTH - _LEFT - _RIGHT) * step / steps
        down = HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * tokens / (window * 1.05)
        return round(across, 1), round(down, 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        f'font-size="13"><rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="22" font-size="15" fill="#111827">{escape(title)}</text>',
    ]
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        left, right = place(0, window * share), place(steps, window * share)
        dashes = ' stroke-dasharray="6 4" stroke="#6b7280"' if share == 1.0 else ' stroke="#e5e7eb"'
        parts.append(f'<path d="M{left[0]} {left[1]}H{right[0]}" fill="none"{dashes}/>')
        said = f"{window * share / 1000:.0f} K"
        parts.append(f'<text x="{_LEFT - 8}" y="{left[1] + 4}" text-anchor="end" fill="#374151">{said}</text>')
    for number, row in enumerate(rows):
        parts += _line(row, number, place)
    for step in range(0, steps + 1, max(steps // 6 // 10 * 10, 10)):
        at = place(step, 0)
        parts.append(f'<text x="{at[0]}" y="{HEIGHT - 22}" text-anchor="middle" fill="#374151">{step}</text>')
    parts.append(f'<text x="{WIDTH - _RIGHT}" y="{HEIGHT - 6}" text-anchor="end" fill="#374151">prompts</text></svg>')
    return "\n".join(parts) + "\n"


def _line(row: SimulationResult, number: int, place: Callable[[float, float], tuple[float, float]]) -> list[str]:
    """One session's prompts and its entry in the legend."""
    colour = _COLOURS[number % len(_COLOURS)]
    points = " ".join("{},{}".format(*place(n, prompt.tokens)) for n, prompt in enumerate(row.prompts))
    across = _LEFT + number * 288
    reported = f"{row.workload.policy}: {row.reread / 1e6:.2f} M tokens read again"
    return [
        f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.6"/>',
        f'<path d="M{across} 40h18" stroke="{colour}" stroke-width="3"/>',
        f'<text x="{across + 24}" y="44" fill="#111827">{escape(reported)}</text>',
    ]
