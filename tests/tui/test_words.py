"""Figures, times and states are written the same way everywhere."""

from datetime import UTC, datetime, timedelta

import pytest

from kimi_tui.events import Effect
from kimi_tui.tui import formatting

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0, "0"), (999, "999"), (1_000, "1.0k"), (12_440, "12.4k"), (99_949, "99.9k"),
        (99_950, "100k"), (412_300, "412k"), (999_499, "999k"), (999_500, "1.0M"), (2_140_000, "2.1M"),
    ],
)  # fmt: skip
def test_counts_are_short_and_round_without_jumping(number, written):
    assert formatting.format_count(number) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0, "0:00"), (42.9, "0:42"), (243.999_999_9, "4:04"), (725, "12:05"), (3_725, "1:02:05")],
)
def test_durations_read_as_a_clock(seconds, written):
    assert formatting.format_clock_time(seconds) == written


@pytest.mark.parametrize(
    ("back", "written"),
    [(timedelta(seconds=59), "now"), (timedelta(minutes=5), "5 min"), (timedelta(hours=23), "23 h"),
     (timedelta(days=6), "6 d"), (timedelta(days=8), "2026-11-12"), (timedelta(minutes=-3), "now")],
)  # fmt: skip
def test_moments_are_relative_until_they_are_old(back, written):
    assert formatting.format_age((NOW - back).isoformat(), NOW) == written


def test_a_moment_that_cannot_be_read_is_left_out():
    assert formatting.format_age("yesterday", NOW) == ""
    assert formatting.format_age((NOW - timedelta(hours=2)).replace(tzinfo=None).isoformat(), NOW) == "2 h"


@pytest.mark.parametrize(("dollars", "written"), [(0, ""), (0.004, "<$0.01"), (0.418, "$0.42"), (1_234.5, "$1,234.50")])
def test_money_is_written_only_when_there_is_any(dollars, written):
    assert formatting.format_cost(dollars) == written


@pytest.mark.parametrize(("share", "filled"), [(0, 0), (0.001, 1), (0.5, 5), (0.95, 10), (1, 10), (1.7, 10)])
def test_a_bar_never_overflows_and_shows_that_something_is_spent(share, filled):
    full, empty = formatting.meter_bar(share, 10, ascii=True)
    assert (full, empty) == ("#" * filled, "-" * (10 - filled))


@pytest.mark.parametrize(
    ("share", "tone"), [(0.79, "accent"), (0.8, "warning"), (0.94, "warning"), (0.95, "error"), (2, "error")]
)
def test_a_meter_warns_at_eighty_and_at_ninety_five_per_cent(share, tone):
    assert formatting.meter_tone(share) == tone


def test_describe_effects_formats_words():
    touched = (Effect("network", "example.org"), Effect("query", "finance.sqlite"), Effect("spend"))
    assert formatting.describe_effects(touched) == "connects to example.org; queries finance.sqlite; spends"
