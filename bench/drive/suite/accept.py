"""Short connections."""

from suite.model import Benchmark, Figure, Goal, ratio

# key: (title, who closes, waves)
WAYS = {"waves": ("waves", 0, 1), "waves_server": ("waves, the server closes", 1, 1),
        "turn": ("in turn", 0, 0), "turn_server": ("in turn, the server closes", 1, 0)}


def accept(options):
    def sample(machine, program, way):
        _, server_closes, waves = WAYS[way]
        name, settings = machine.settings(program)
        closes = ["--server-closes", str(server_closes)]
        peer = [machine.program("accept_client"), "--connections", str(options.connections),
                "--waves", str(waves), "--at-once", "512" if waves else "64", *closes]
        got = machine.serve([name, *closes], peer, settings)
        return {f"rate_{way}": got["connections_per_second"],
                f"cpu_{way}": got["cpu_us_per_connection"]}

    figures = [Figure(f"rate_{key}", f"Connections a second, {title}", "/s", True)
               for key, (title, _, _) in WAYS.items()]
    figures += [Figure(f"cpu_{key}", f"CPU a connection, {title}", "µs")
                for key, (title, _, _) in WAYS.items()]
    contenders = [("epoll limit", "accept_epoll_limit"), ("eddy, io_uring", "accept_eddy@io_uring"),
                  ("eddy, epoll", "accept_eddy@epoll"), ("libevent", "accept_libevent")]
    goals = [Goal(f"{own}: at least 1.3 × libevent's connections a second, {WAYS[way][0]}",
                  ratio(f"rate_{way}", own, "libevent"), 1.3, True)
             for way in ("waves", "waves_server") for own in ("eddy, io_uring", "eddy, epoll")]
    goals.append(Goal("(for comparison: the epoll limit, waves)",
                      ratio("rate_waves", "epoll limit", "libevent"), 1.3, True))
    return Benchmark("accept", f"{options.connections:,} short connections",
                     "A listener: accept, read a line of 64 bytes, answer it, and the end. In turn: "
                     "64 are open, and the client, who has more to do than the server, is the "
                     "limit. Waves: 512 connect while the server is stopped; the clock runs while "
                     "it is not.", contenders, list(WAYS), figures, sample, goals,
                     against=("eddy, io_uring", "libevent"))
