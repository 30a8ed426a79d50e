"""Buffers: each call on pieces of three sizes."""

import math

from suite.model import Benchmark, Figure, Goal

CALLS = {
    "add": "add", "prepend": "prepend", "queue": "add and drain", "drain": "drain",
    "remove": "remove", "move": "remove_buffer", "readln": "readln", "search": "search",
    "search_eol": "search_eol", "search_in_vain": "search in vain, all bytes",
    "pullup": "pullup of all",
}
ON_CHAINS = ("drain", "remove", "move", "readln", "search", "search_eol", "search_in_vain",
             "pullup")
SIZES = {16: "16 B", 1024: "1 KiB", 65536: "64 KiB"}


def cases():
    """(key, title) of every case."""
    for size, size_text in SIZES.items():
        for call, text in CALLS.items():
            yield f"{call}_{size}", f"{text}, {size_text}"
        for call in ON_CHAINS:
            yield f"{call}_chains_{size}", f"{CALLS[call]}, {size_text}, a chain each"


def times_faster(ratios):
    """How many times faster eddy is, by case."""
    found = {key: ratios(key, "libevent", "eddy") for key, _ in cases()}
    return {key: value for key, value in found.items() if value is not None}


def geometric_mean(ratios):
    values = times_faster(ratios).values()
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


def slowest(ratios):
    values = times_faster(ratios)
    return min(values.values()) if values else None


def slower_cases(ratios):
    titles = dict(cases())
    slower = sorted((value, key) for key, value in times_faster(ratios).items() if value < 1)
    text = "libevent takes at least eddy's time in every case"
    if slower:
        worst = "; ".join(f"{titles[key]} ({value:.2g})" for value, key in slower[:5])
        text += f"; not in {len(slower)}: {worst}" + ("; ..." if len(slower) > 5 else "")
    return text


def buffers(options):
    def sample(machine, program, _variant):
        return machine.figures([program, "--rounds", str(options.buffer_rounds)], machine.first)

    goals = [Goal(slower_cases, slowest, 1.0, True),
             Goal("libevent takes at least 1.5 × eddy's time, geometric mean of all cases",
                  geometric_mean, 1.5, True)]
    return Benchmark("buffers", "Buffers",
                     "One call on a piece of 16 bytes, 1 KiB or 64 KiB, in buffers of 64 KiB to 1 "
                     "MiB; pieces added one after the other, or each in a chain of its own.",
                     [("eddy", "buffers_eddy"), ("libevent", "buffers_libevent")], [None],
                     [Figure(key, title, "ns") for key, title in cases()], sample, goals,
                     against=("eddy", "libevent"))
