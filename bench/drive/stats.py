"""Medians and spreads. A spread is the interval between the quartiles, in percent of the median."""

import statistics


def quartiles(values):
    ordered = sorted(values)

    def at(fraction):
        place = fraction * (len(ordered) - 1)
        below = int(place)
        above = min(below + 1, len(ordered) - 1)
        return ordered[below] + (ordered[above] - ordered[below]) * (place - below)

    return at(0.25), at(0.5), at(0.75)


def summary(values):
    low, middle, high = quartiles(values)
    return {
        "median": middle,
        "low_quartile": low,
        "high_quartile": high,
        "min": min(values),
        "max": max(values),
        "spread_percent": 100 * (high - low) / middle if middle else 0.0,
        "samples": list(values),
    }


def median(values):
    return statistics.median(values) if values else None


def paired_ratio(values, references):
    """The median of the ratios of samples taken one after the other: what drifts with the machine
    cancels out, which it does not in a ratio of medians."""
    ratios = [v / r for v, r in zip(values, references) if r]
    return median(ratios)
