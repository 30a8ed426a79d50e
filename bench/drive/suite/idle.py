"""Bufferevents with nothing to do."""

from suite.model import Benchmark, Figure, Goal, ratio

KEYS = ["heap bytes per bufferevent", "resident bytes per bufferevent",
        "heap bytes per bufferevent after a line", "resident bytes per bufferevent after a line"]
FIRST = ["heap bytes per bufferevent, the first", "resident bytes per bufferevent, the first"]


def idle(_options):
    count = 10_000

    def sample(machine, program, _variant):
        if count + 100 > machine.descriptors:
            return {}
        name, settings = machine.settings(program)
        got = machine.figures([name, "--streams", str(count)], machine.first, settings=settings)
        return {key: got[key] for key in KEYS + FIRST}

    goals = [Goal(f"{own}: at most half of libevent's {key}", ratio(key, own, "libevent"), 0.5)
             for key in KEYS for own in ("eddy, io_uring", "eddy, epoll")]
    return Benchmark("idle", f"{count:,} idle bufferevents",
                     "On connected TCP sockets: before anything has come, and after a line was read "
                     "and answered on each. The kernel's own memory for the sockets is not in it.",
                     [("eddy, io_uring", "idle_eddy@io_uring"), ("eddy, epoll", "idle_eddy@epoll"),
                      ("libevent", "idle_libevent")], [None],
                     [Figure(key, key.capitalize(), "B") for key in KEYS + FIRST], sample, goals,
                     against=("eddy, io_uring", "libevent"))
