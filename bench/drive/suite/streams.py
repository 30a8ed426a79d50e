"""The introduction's last program: bufferevents."""

from suite.model import Benchmark, Figure, Goal, ratio


def streams(options):
    def sample(machine, program, variant):
        connections, inflight = variant
        name, settings = machine.settings(program)
        shim = machine.program("port_shim.so") if "unmodified" in name else None
        got = machine.serve_and_load(name, shim, connections, inflight, options.seconds,
                                     settings)
        at = f"{connections}x{inflight}"
        return {f"cpu_{at}": got["cpu_us_per_line"], f"rate_{at}": got["lines_per_second"]}

    variants = [(64, 1), (900, 1), (64, 16)]
    figures = [Figure(f"cpu_{c}x{n}", f"CPU a line, {c} connections × {n}", "µs")
               for c, n in variants]
    figures += [Figure(f"rate_{c}x{n}", f"Lines a second, {c} × {n}", "/s", True)
                for c, n in variants]
    ring, epoll, theirs = "eddy, io_uring", "eddy, epoll", "libevent"
    ring_work, epoll_work = "io_uring limit + work", "epoll limit + work"
    contenders = [("io_uring limit", "rot13_uring_limit"), ("epoll limit", "rot13_epoll_limit"),
                  (ring_work, "rot13_uring_limit_with_work"),
                  (epoll_work, "rot13_epoll_limit_with_work"),
                  (ring, "streams_unmodified_eddy@io_uring"),
                  (epoll, "streams_unmodified_eddy@epoll"), (theirs, "streams_unmodified_libevent")]
    goals = []
    for (c, n), least in zip(variants, (2.7, 2.4, 2.7)):
        key = f"cpu_{c}x{n}"
        goals += [Goal(f"libevent takes at least {least} × eddy's CPU a line, {c} × {n}, io_uring",
                       ratio(key, theirs, ring), least, True),
                  Goal(f"the same on epoll, 1.8 ×, {c} × {n}", ratio(key, theirs, epoll), 1.8,
                       True),
                  Goal(f"(for comparison: libevent against the io_uring limit, {c} × {n})",
                       ratio(key, theirs, "io_uring limit"), least, True),
                  Goal(f"(... against the io_uring limit with the program's own work, {c} × {n})",
                       ratio(key, theirs, ring_work), least, True),
                  Goal(f"(... against the epoll limit with the program's own work, {c} × {n})",
                       ratio(key, theirs, epoll_work), 1.8, True)]
    return Benchmark("streams", "The introduction's last program",
                     "The server on bufferevents, unmodified, on both libraries, and two "
                     "hand-written limits, with and without what the program itself does for each "
                     "line. 64-byte lines, closed loop; a core each for server and client.",
                     contenders, variants, figures, sample, goals, against=(ring, theirs))
