"""Pairs and filters."""

from suite.model import Benchmark, Figure, Goal, ratio

FIGURES = [Figure("pair_messages_per_second", "Messages through a pair", "/s", True),
           Figure("filter_messages_per_second", "Messages through a filter on a pair", "/s", True),
           Figure("pair_mib_per_second", "Bytes through a pair", "MiB/s", True),
           Figure("filter_mib_per_second", "Bytes through a filter on a pair", "MiB/s", True)]


def pairs(options):
    def sample(machine, program, _variant):
        got = machine.figures([program, "--messages", str(options.messages), "--mib",
                               str(options.pair_mib)], machine.first)
        return {figure.key: got[figure.key] for figure in FIGURES}

    goals = [Goal(f"{figure.title}: at least libevent's rate",
                  ratio(figure.key, "eddy", "libevent"), 1.0, True) for figure in FIGURES]
    return Benchmark("pairs", "Pairs and filters",
                     "Lines of 64 bytes there and back on 64 pairs; 64 KiB at a time one way on one. "
                     "A filter hands on what it gets. A second is one of CPU time.",
                     [("eddy", "pairs_eddy"), ("libevent", "pairs_libevent")], [None], FIGURES,
                     sample, goals, against=("eddy", "libevent"))
