"""Connections with nothing to do, each held by a coroutine."""

from suite.model import Benchmark, Figure, Goal, amount

COUNT = 15_000
KEYS = [f"{kind} bytes per connection{when}" for when in ("", " after a line")
        for kind in ("heap", "resident")]


def connections(_options):
    def sample(machine, program, _variant):
        if COUNT + 100 > machine.descriptors:
            return {}
        name, settings = machine.settings(program)
        got = machine.figures([name, "--connections", str(COUNT)], machine.first, settings=settings)
        return {key: got[key] for key in KEYS}

    goals = [Goal(f"{own}: at most 1 KiB, {key}", amount(key, own), 1024)
             for key in KEYS for own in ("eddy, io_uring", "eddy, epoll")]
    return Benchmark("connections", f"{COUNT:,} idle connections, a coroutine each",
                     "Coroutines that wait for a line: before anything has come, and after a line "
                     "was read and answered on each. The kernel's own memory is not in it.",
                     [("eddy, io_uring", "connections_eddy@io_uring"),
                      ("eddy, epoll", "connections_eddy@epoll"),
                      ("Asio, epoll", "connections_asio")], [None],
                     [Figure(key, key.capitalize(), "B") for key in KEYS], sample, goals,
                     against=("eddy, io_uring", "Asio, epoll"))
