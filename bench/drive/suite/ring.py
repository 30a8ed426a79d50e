"""The pipe ring, in time and in instructions."""

from suite.model import Benchmark, Figure, Goal, ratio


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
