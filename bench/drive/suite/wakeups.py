"""Wake-ups between threads."""

from suite.model import Benchmark, Figure, Goal, ratio


def wakeups(options):
    def sample(machine, program, _variant):
        got = machine.figures([program, "--round-trips", str(options.round_trips)])
        kinds = [kind for kind in ("ping_pong", "flood", "posts") if f"{kind}_per_second" in got]
        return ({kind: got[f"{kind}_per_second"] for kind in kinds} |
                {"told": got["flood_callbacks_per_second"]} |
                {f"{kind}_cpu": got[f"{kind}_cpu_ns"] for kind in kinds})

    figures = [Figure("ping_pong", "Round trips a second", "/s", True),
               Figure("told", "Wake-ups that arrive in a flood, a second", "/s", True),
               Figure("flood", "Wake-ups sent in a flood, merged, a second", "/s", True),
               Figure("posts", "Posted calls a second, none lost", "/s", True),
               Figure("ping_pong_cpu", "CPU a round trip, both threads", "ns"),
               Figure("flood_cpu", "CPU a merged wake-up, both threads", "ns"),
               Figure("posts_cpu", "CPU a posted call, both threads", "ns")]
    goals = [Goal(f"{text}: eddy at least 1.5 × libevent's rate", ratio(key, "eddy", "libevent"),
                  1.5, True)
             for key, text in (("ping_pong", "Round trips"), ("told", "Wake-ups in a flood"))]
    return Benchmark("wakeups", "Wake-ups between threads",
                     "Two threads on two cores. A merged wake-up may share its callback with "
                     "others; a posted call runs exactly once.",
                     [("eddy", "wakeup_eddy"), ("libevent", "wakeup_libevent"),
                      ("libev", "wakeup_libev"), ("libuv", "wakeup_libuv")], [None], figures,
                     sample, goals)
