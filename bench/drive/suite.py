"""What is measured: benchmarks, their contenders, figures and goals."""

from dataclasses import dataclass, field
from typing import Callable


@dataclass
class Figure:
    key: str
    title: str
    unit: str
    more_is_better: bool = False


@dataclass
class Goal:
    """`value(ratios)` must be at most (or at least) `limit`."""

    text: str
    value: Callable
    limit: float
    at_least: bool = False

    def judge(self, ratios):
        measured = self.value(ratios)
        if measured is None:
            return None
        met = measured >= self.limit if self.at_least else measured <= self.limit
        return {"goal": self.text, "limit": self.limit, "at_least": self.at_least,
                "measured": measured, "met": met}


@dataclass
class Benchmark:
    name: str
    title: str
    about: str
    contenders: list          # (label, program), the reference limit first where there is one
    variants: list            # what sample() is called with, one after the other
    figures: list
    sample: Callable          # (machine, program, variant) -> {figure key: value}
    goals: list = field(default_factory=list)
    once: bool = False        # the same every time: one run is enough


def ratio(key, one, other):
    return lambda ratios: ratios(key, one, other)


def sum_ratio(keys, one, other):
    return lambda ratios: ratios(keys, one, other)


# --- the introduction's server and its peers ---

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


# --- the introduction's last program: bufferevents ---

def streams(options):
    def sample(machine, program, variant):
        connections, inflight = variant
        name, _, backend = program.partition("@")
        shim = machine.program("port_shim.so") if "unmodified" in name else None
        got = machine.serve_and_load(name, shim, connections, inflight, options.seconds,
                                     {"EDDY_BACKEND": backend} if backend else None)
        at = f"{connections}x{inflight}"
        return {f"cpu_{at}": got["cpu_us_per_line"], f"rate_{at}": got["lines_per_second"]}

    variants = [(64, 1), (900, 1), (64, 16)]
    figures = [Figure(f"cpu_{c}x{n}", f"CPU a line, {c} connections × {n}", "µs")
               for c, n in variants]
    figures += [Figure(f"rate_{c}x{n}", f"Lines a second, {c} × {n}", "/s", True)
                for c, n in variants]
    ring, epoll, theirs = "eddy, io_uring", "eddy, epoll", "libevent"
    contenders = [("io_uring limit", "rot13_uring_limit"), ("epoll limit", "rot13_epoll_limit"),
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
                       ratio(key, theirs, "io_uring limit"), least, True)]
    return Benchmark("streams", "The introduction's last program",
                     "The server on bufferevents, unmodified, on both libraries, and two "
                     "hand-written limits. 64-byte lines, closed loop; a core each for server and "
                     "client.", contenders, variants, figures, sample, goals)


# --- the pipe ring ---

RING = [("bare epoll", "ring_epoll"), ("eddy", "ring_eddy"), ("libevent", "ring_libevent"),
        ("libev", "ring_libev")]


def ring(options):
    def sample(machine, program, pairs):
        if 2 * pairs + 100 > machine.descriptors:
            return {}
        got = machine.figures([program, "--pairs", str(pairs), "--writes", str(options.writes)],
                              machine.first)
        return {f"cpu_{pairs}": got["cpu_ns_per_event"]}

    # Where the kernel's memory for the sockets comes to lie differs from process to process and
    # matters more than any loop does: so three processes a run instead of one.
    sizes = [100, 1000, 9000]
    figures = [Figure(f"cpu_{n}", f"CPU an event, {n:,} pairs", "ns") for n in sizes]
    goals = [Goal(f"eddy at most 1.02 × bare epoll, {n:,} pairs",
                  ratio(f"cpu_{n}", "eddy", "bare epoll"), 1.02) for n in sizes]
    goals.append(Goal("eddy at 9,000 pairs within 1.2 × of eddy at 100",
                      lambda ratios: ratios("cpu_9000", "eddy", "eddy", "cpu_100"), 1.2))
    goals.append(Goal("(for comparison: bare epoll at 9,000 against itself at 100)",
                      lambda ratios: ratios("cpu_9000", "bare epoll", "bare epoll", "cpu_100"),
                      1.2))
    return Benchmark("ring", "Pipe ring", "N socket pairs, 100 of them active; each event takes one "
                     "byte out and passes one on. The kernel's share is the same for all.",
                     RING, sizes * 3, figures, sample, goals)


def instructions(options):
    short, more = 2000, options.instruction_events

    def sample(machine, program, _variant):
        run = [program, "--pairs", "100", "--writes"]
        counts = [machine.instructions([*run, str(writes)]) for writes in (short, short + more)]
        return {"instructions": (counts[1] - counts[0]) / more}

    goals = [Goal("eddy at most 0.4 × libevent", ratio("instructions", "eddy", "libevent"), 0.4),
             Goal("eddy fewer than libev", ratio("instructions", "eddy", "libev"), 0.999)]
    return Benchmark("instructions", "Instructions per dispatched event",
                     "User-space instructions on the pipe ring with 100 pairs, callback and the C "
                     "library's recv and send included, counted by callgrind as the difference of "
                     "two run lengths.", RING, [None],
                     [Figure("instructions", "Instructions an event", "")], sample, goals, True)


# --- timers ---

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


# --- wake-ups ---

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


# --- sizes ---

def sizes(_options):
    names = ["sizeof struct event", "sizeof struct event_callback", "sizeof struct evkeyval",
             "sizeof struct evkeyvalq", "sizeof struct event_list",
             "sizeof struct evthread_lock_callbacks",
             "sizeof struct evthread_condition_callbacks", "sizeof evutil_socket_t",
             "heap bytes per loop", "address space per loop", "descriptors per loop",
             "heap bytes per event_new", "heap bytes per added reader",
             "heap bytes per added timer", "heap bytes per added reader with a timeout"]

    def sample(machine, program, _variant):
        got = machine.figures([program], machine.first)
        return {name: got[name] for name in names}

    figures = [Figure(name, name, "" if name.startswith("descriptors") else "B") for name in names]
    return Benchmark("sizes", "Sizes", "Public objects, and what an event and a loop take beyond "
                     "them.", [("eddy", "sizes_eddy"), ("libevent", "sizes_libevent")], [None],
                     figures, sample, once=True)


ALL = [rot13, streams, ring, instructions, timers, wakeups, sizes]
