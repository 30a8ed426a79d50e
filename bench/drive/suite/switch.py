"""Coroutines that take turns, in time and in instructions."""

from suite.model import Benchmark, Figure, Goal, ratio

KINDS = {"switch": "A switch between two coroutines", "call": "A call and its return",
         "mutex": "An uncontended mutex, locked and unlocked",
         "channel": "A channel's hand-over, no room", "buffered": "The same with room for 64"}


def instructions(machine, name, number, settings):
    short, more = 200, 2000
    run = [name, "--kind", str(number), "--rounds"]
    # A tenth is run once more before: see bench/switch/switch.h.
    counts = [machine.instructions([*run, str(rounds)], settings) for rounds in (short, short + more)]
    switches = 2 if number == 1 else 1
    return (counts[1] - counts[0]) / (more * 1.1 * switches)


def switch(options):
    def sample(machine, program, variant):
        name, settings = machine.settings(program)
        if variant == "time":
            got = machine.figures([name, "--rounds", str(options.switches)], machine.first,
                                  settings=settings)
            return {f"ns_{kind}": got[kind] for kind in KINDS}
        return {f"instructions_{kind}": instructions(machine, name, number, settings)
                for number, kind in enumerate(KINDS, 1)}

    figures = [Figure(f"ns_{kind}", title, "ns") for kind, title in KINDS.items()]
    figures += [Figure(f"instructions_{kind}", f"{title}, instructions", "")
                for kind, title in KINDS.items()]
    goals = [Goal(f"{title}: no more instructions than Asio's",
                  ratio(f"instructions_{kind}", "eddy", "Asio"), 1.0)
             for kind, title in KINDS.items()]
    return Benchmark("switch", "Coroutines that take turns",
                     "Two coroutines on one thread; CPU time, and user-space instructions counted "
                     "by callgrind as the difference of two run lengths.",
                     [("eddy", "switch_eddy"), ("Asio", "switch_asio")], ["time", "instructions"],
                     figures, sample, goals, against=("eddy", "Asio"))
