"""What a benchmark is: its contenders, figures and goals."""

from dataclasses import dataclass, field
from typing import Callable


@dataclass
class Figure:
    key: str
    title: str
    unit: str
    more_is_better: bool = False


@dataclass
class Goal:
    """`value(ratios)` must be at most (or at least) `limit`. The text may depend on the ratios."""

    text: str | Callable
    value: Callable
    limit: float
    at_least: bool = False

    def judge(self, ratios):
        measured = self.value(ratios)
        if measured is None:
            return None
        met = measured >= self.limit if self.at_least else measured <= self.limit
        text = self.text if isinstance(self.text, str) else self.text(ratios)
        return {"goal": text, "limit": self.limit, "at_least": self.at_least,
                "measured": measured, "met": met}


@dataclass
class Benchmark:
    name: str
    title: str
    about: str
    contenders: list          # (label, program), the reference limit first where there is one
    variants: list            # what sample() is called with, one after the other
    figures: list
    sample: Callable          # (machine, program, variant) -> {figure key: value}
    goals: list = field(default_factory=list)
    once: bool = False        # the same every time: one run is enough
    against: tuple = ()       # (one, other): how many times better one is, is shown


def ratio(key, one, other):
    return lambda ratios: ratios(key, one, other)


def amount(key, label):
    """For a goal that is a figure itself, whatever the others need."""
    return lambda ratios: ratios(key, label)


def sum_ratio(keys, one, other):
    return lambda ratios: ratios(keys, one, other)
