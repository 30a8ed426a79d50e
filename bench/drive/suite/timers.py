"""A million timers."""

from suite.model import Benchmark, Figure, Goal, ratio, sum_ratio


def timers(options):
    keys = [("add", "Add"), ("rearm_later", "Re-arm, later"), ("rearm_random", "Re-arm, random"),
            ("delete_ordered", "Delete, in order"), ("delete_random", "Delete, random order"),
            ("fire", "Fire"), ("fire_rearmed", "Fire after a re-arm")]

    def sample(machine, program, _variant):
        got = machine.figures([program, "--timers", str(options.timers)], machine.first)
        return {key: got[f"{key}_ns"] for key, _ in keys}

    operations = ["add", "rearm_later", "delete_random", "fire"]
    goals = [Goal(f"{title}: eddy at most libev's time", ratio(key, "eddy", "libev"), 1.0)
             for key, title in keys if key != "fire_rearmed"]
    goals.append(Goal("libevent takes at least 3.5 × eddy's time for add + re-arm later + delete in "
                      "random order + fire", sum_ratio(operations, "libevent", "eddy"), 3.5, True))
    return Benchmark("timers", f"{options.timers:,} timers",
                     "Seeded random deadlines; everything done inside a callback, with the loop's "
                     "cached time; watchers by value in one array.",
                     [("eddy", "timers_eddy"), ("libevent", "timers_libevent"),
                      ("libev", "timers_libev")], [None],
                     [Figure(key, title, "ns") for key, title in keys], sample, goals)
