"""The introduction's server in coroutines, and its peers."""

from suite.model import Benchmark, Figure, Goal, ratio

VARIANTS = [(64, 1), (900, 1), (64, 16)]
RING, EPOLL, LIMIT = "eddy, io_uring", "eddy, epoll", "io_uring limit"
ASIO, ASIO_RING = "Asio, epoll", "Asio, io_uring"


def goals_at(at, key):
    yield Goal(f"eddy's coroutines on io_uring take at most 1.10 × the io_uring limit's CPU, {at}",
               ratio(key, RING, LIMIT), 1.10)
    for other in ("libuv", ASIO):
        yield Goal(f"{other} takes at least 1.6 × the CPU of eddy's coroutines on io_uring, {at}",
                   ratio(key, other, RING), 1.6, True)
        yield Goal(f"(for comparison: {other} against eddy's coroutines on epoll, {at})",
                   ratio(key, other, EPOLL), 1.6, True)
        yield Goal(f"(for comparison: {other} against the io_uring limit, {at})",
                   ratio(key, other, LIMIT), 1.6, True)
    yield Goal(f"Asio on io_uring takes more CPU than eddy's coroutines there, {at}",
               ratio(key, ASIO_RING, RING), 1.001, True)


def coroutines(options):
    def sample(machine, program, variant):
        connections, inflight = variant
        name, settings = machine.settings(program)
        got = machine.serve_and_load(name, None, connections, inflight, options.seconds, settings)
        at = f"{connections}x{inflight}"
        return {f"cpu_{at}": got["cpu_us_per_line"], f"rate_{at}": got["lines_per_second"]}

    figures = [Figure(f"cpu_{c}x{n}", f"CPU a line, {c} connections × {n}", "µs")
               for c, n in VARIANTS]
    figures += [Figure(f"rate_{c}x{n}", f"Lines a second, {c} × {n}", "/s", True)
                for c, n in VARIANTS]
    contenders = [(LIMIT, "rot13_uring_limit"), (RING, "rot13_coroutines@io_uring"),
                  (EPOLL, "rot13_coroutines@epoll"), ("libuv", "rot13_libuv"),
                  (ASIO, "rot13_asio"), (ASIO_RING, "rot13_asio_uring")]
    goals = [goal for c, n in VARIANTS for goal in goals_at(f"{c} × {n}", f"cpu_{c}x{n}")]
    return Benchmark("coroutines", "The ROT13 server in coroutines",
                     "A coroutine for each connection, a line at a time, against a hand-written "
                     "loop and other libraries. 64-byte lines, closed loop; a core each for server "
                     "and client.", contenders, VARIANTS, figures, sample, goals,
                     against=(RING, ASIO))
