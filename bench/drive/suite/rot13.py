"""The introduction's server and its peers."""

from suite.model import Benchmark, Figure, Goal, ratio


def rot13(options):
    def sample(machine, program, variant):
        connections, inflight = variant
        shim = machine.program("port_shim.so") if "unmodified" in program else None
        got = machine.serve_and_load(program, shim, connections, inflight, options.seconds)
        at = f"{connections}x{inflight}"
        return {f"cpu_{at}": got["cpu_us_per_line"], f"rate_{at}": got["lines_per_second"]}

    variants = [(64, 1), (900, 1), (64, 16)]
    figures = []
    for connections, inflight in variants:
        load = f"{connections} connections" + (f", {inflight} lines in flight each"
                                               if inflight > 1 else "")
        figures.append(Figure(f"cpu_{connections}x{inflight}", f"CPU a line, {load}", "µs"))
    for connections, inflight in variants:
        load = f"{connections} connections" + (f" × {inflight}" if inflight > 1 else "")
        figures.append(Figure(f"rate_{connections}x{inflight}", f"Lines a second, {load}", "/s",
                              True))
    kind = "unmodified" if options.has("rot13_unmodified_eddy") else "intro"
    own, theirs = "introduction's on eddy", "introduction's on libevent"
    contenders = [("epoll limit", "rot13_epoll_limit"), ("io_uring limit", "rot13_uring_limit"),
                  (own, f"rot13_{kind}_eddy"), (theirs, f"rot13_{kind}_libevent"),
                  ("libev", "rot13_libev"), ("libuv", "rot13_libuv"), ("Asio", "rot13_asio")]
    goals = [Goal(f"libevent takes at least 1.4 × eddy's CPU a line, {n} connections",
                  ratio(f"cpu_{n}x1", theirs, own), 1.4, True) for n in (64, 900)]
    about = ("The introduction's event server (" +
             ("unmodified" if kind == "unmodified" else "our own version of it") +
             ") on both libraries, two hand-written limits, and the same job on other libraries. "
             "64-byte lines, closed loop; server and client on one core each.")
    return Benchmark("rot13", "ROT13 servers", about, contenders, variants, figures, sample, goals)
