"""What objects take."""

from suite.model import Benchmark, Figure


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
