"""Much data."""

from suite.model import Benchmark, Figure, Goal, ratio

GIB = 1 << 30
# key: (title, streams, the server sends)
WAYS = {"in_1": ("received on 1 stream", 1, False), "in_64": ("received on 64 streams", 64, False),
        "out_1": ("sent on 1 stream", 1, True), "out_64": ("sent on 64 streams", 64, True)}


def bulk(_options):
    def sample(machine, program, way):
        _, streams, sends = WAYS[way]
        name, settings = machine.settings(program)
        each = GIB // streams
        peer = [machine.program("bulk_peer"), "--streams", str(streams), "--bytes", str(each),
                "--receives", str(int(sends))]
        got = machine.serve([name, "--sends", str(each if sends else 0)], peer, settings)
        return {f"rate_{way}": got["mib_per_second"], f"cpu_{way}": got["cpu_us_per_mib"]}

    figures = [Figure(f"rate_{key}", f"Throughput, {title}", "MiB/s", True)
               for key, (title, _, _) in WAYS.items()]
    figures += [Figure(f"cpu_{key}", f"CPU a MiB, {title}", "µs")
                for key, (title, _, _) in WAYS.items()]
    contenders = [("epoll limit", "bulk_epoll_limit"), ("eddy, io_uring", "bulk_eddy@io_uring"),
                  ("eddy, epoll", "bulk_eddy@epoll"), ("libevent", "bulk_libevent")]
    goals = []
    for key, (title, _, _) in WAYS.items():
        goals += [Goal(f"{own}: at least 1.3 × libevent's throughput, {title}",
                       ratio(f"rate_{key}", own, "libevent"), 1.3, True)
                  for own in ("eddy, io_uring", "eddy, epoll")]
        goals.append(Goal(f"(for comparison: the epoll limit, {title})",
                          ratio(f"rate_{key}", "epoll limit", "libevent"), 1.3, True))
    return Benchmark("bulk", "1 GiB through bufferevents",
                     "Received and drained, or added in pieces of 256 KiB and sent. The peer copies "
                     "nothing, so that the server is the limit; a core each.", contenders,
                     list(WAYS), figures, sample, goals, against=("eddy, io_uring", "libevent"))
