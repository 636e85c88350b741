"""The functions that a calculation finds ready: finance and plain statistics.

This file's text is run inside the sandbox before the model's code, so it uses only what the sandbox knows: built-in
types and `math`. Every function takes plain numbers and raises `ValueError` in words that the model can act on.
"""

import math


def npv(rate: float, cashflows: list[float]) -> float:
    """Net present value at a rate per period (0.08 is 8 %); the first cash flow is today's."""
    return sum(amount / (1 + rate) ** period for period, amount in enumerate(cashflows))


def irr(cashflows: list[float]) -> float:
    """Return the rate per period at which the net present value is zero, searched between -99.99 % and 100,000 %."""
    if not (any(amount < 0 for amount in cashflows) and any(amount > 0 for amount in cashflows)):
        raise ValueError("irr needs at least one negative and one positive cash flow")
    low, high = -0.9999, 0.0
    while npv(low, cashflows) * npv(high, cashflows) > 0:
        low, high = high, high * 2 + 0.1
        if high > 1000:
            raise ValueError("irr found no rate between -99.99 % and 100,000 %")
    for _ in range(200):
        middle = (low + high) / 2
        if npv(low, cashflows) * npv(middle, cashflows) > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def cagr(first: float, last: float, periods: float) -> float:
    """Compound growth per period from the first to the last value: 0.07 is 7 %."""
    if first <= 0 or last <= 0 or periods <= 0:
        raise ValueError("cagr needs two positive values and a positive number of periods")
    return float((last / first) ** (1 / periods) - 1)


def pct_change(old: float, new: float) -> float:
    """Relative change from old to new: 0.25 is +25 %; measured against the size of a negative old value."""
    if old == 0:
        raise ValueError("pct_change from 0 is not defined")
    return (new - old) / abs(old)


def pmt(rate: float, periods: int, present: float) -> float:
    """Return the level payment per period that repays a loan; positive for a positive loan."""
    return present / periods if rate == 0 else present * rate / (1 - (1 + rate) ** -periods)


def mean(values: list[float]) -> float:
    """Arithmetic mean."""
    return sum(_require_values(values)) / len(values)


def weighted_mean(values: list[float], weights: list[float]) -> float:
    """Mean with a weight for each value."""
    if len(values) != len(weights):
        raise ValueError("weighted_mean needs as many weights as values")
    return sum(value * weight for value, weight in zip(values, weights, strict=True)) / sum(_require_values(weights))


def median(values: list[float]) -> float:
    """Return the middle value, or the mean of the two middle ones."""
    ordered = sorted(_require_values(values))
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def quantile(values: list[float], share: float) -> float:
    """Return the value below which a share of the values lies (0.9 is the 90th percentile), interpolated."""
    ordered = sorted(_require_values(values))
    if not 0 <= share <= 1:
        raise ValueError("quantile needs a share between 0 and 1")
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def variance(values: list[float]) -> float:
    """Sample variance (n - 1)."""
    if len(values) < 2:
        raise ValueError("variance needs at least two values")
    middle = mean(values)
    return sum((value - middle) ** 2 for value in values) / (len(values) - 1)


def stdev(values: list[float]) -> float:
    """Sample standard deviation (n - 1)."""
    return math.sqrt(variance(values))


def correlation(first: list[float], second: list[float]) -> float:
    """Pearson's coefficient of two equally long lists."""
    if len(first) != len(second):
        raise ValueError("correlation needs two lists of the same length")
    mean_first, mean_second = mean(first), mean(second)
    together = sum((a - mean_first) * (b - mean_second) for a, b in zip(first, second, strict=True))
    return together / ((len(first) - 1) * stdev(first) * stdev(second))


def _require_values(values: list[float]) -> list[float]:
    """Return the values, when there is at least one."""
    if len(values) == 0:
        raise ValueError("the list of values is empty")
    return values
