"""Debian's memcached, as it is, on libevent and on eddy."""

import pathlib

from measure import Failed
from suite.model import Benchmark, Figure, Goal, ratio

# key: (title, threads)
LOADS = {"1": ("one thread", 1), "4": ("four threads", 4)}
CONNECTIONS = 64


def on_library(machine, side):
    """The environment in which memcached runs on that side's library."""
    settings = {"LD_PRELOAD": machine.program("port_shim.so")}
    if side == "libevent":
        return settings
    folder = machine.build / "lib" / "eddy"
    if not (folder / "libevent-2.1.so.7").exists():
        raise Failed(f"{folder} has no library with libevent's name")
    return settings | {"LD_LIBRARY_PATH": str(folder), "EDDY_BACKEND": side}


def must_run_on(side):
    def check(pid):
        loaded = "libeddy.so" in pathlib.Path(f"/proc/{pid}/maps").read_text()
        if loaded != (side != "libevent"):
            raise Failed(f"memcached does not run on {side}")
    return check


def memcached(options):
    def sample(machine, program, load):
        path, _, side = program.partition("@")
        server = [path, "-l", "127.0.0.1", "-t", str(LOADS[load][1]), "-m", "256", "-u", "root"]
        peer = [machine.program("memcached_load"), "--connections", str(CONNECTIONS),
                "--requests", str(options.requests)]
        got = machine.serve(server, peer, on_library(machine, side), cores=machine.but_last,
                            started=must_run_on(side))
        return {f"cpu_{load}": got["cpu_us_per_request"],
                f"rate_{load}": got["requests_per_second"]}

    figures = [Figure(f"cpu_{key}", f"CPU a request, {title}", "µs")
               for key, (title, _) in LOADS.items()]
    figures += [Figure(f"rate_{key}", f"Requests a second, {title}", "/s", True)
                for key, (title, _) in LOADS.items()]
    own = {"eddy, io_uring": "io_uring", "eddy, epoll": "epoll"}
    goals = []
    for key, (title, _) in LOADS.items():
        for label in own:
            goals += [Goal(f"{label}: at most libevent's CPU a request, {title}",
                           ratio(f"cpu_{key}", label, "libevent"), 1.0),
                      Goal(f"{label}: at least libevent's requests a second, {title}",
                           ratio(f"rate_{key}", label, "libevent"), 1.0, True)]
    return Benchmark("memcached", "memcached, unmodified",
                     f"Debian's program on its libevent, and on eddy by a library path. {CONNECTIONS} "
                     "connections with one request under way on each, nine gets to one set of 32 to "
                     "1024 bytes; the client on a core of its own.",
                     [(label, f"system:memcached@{side}")
                      for label, side in (own | {"libevent": "libevent"}).items()],
                     list(LOADS), figures, sample, goals, against=("eddy, io_uring", "libevent"))
