"""How long it takes to compile units that use the coroutine face."""

import pathlib
import resource

from measure import Failed
from suite.model import Benchmark, Figure, Goal, amount

ROOT = pathlib.Path(__file__).resolve().parents[3]
UNITS = {"include": "A unit that includes all of it", "server": "The ROT13 server"}
# By the program that is built where the library is there: its units.
SOURCES = {
    "rot13_coroutines": {"include": "bench/compile/eddy.cpp",
                         "server": "examples/cpp/rot13_server.cpp"},
    "rot13_asio": {"include": "bench/compile/asio.cpp", "server": "bench/servers/asio.cpp"},
}
FOLDERS = [f"-I{ROOT / 'include'}", f"-I{ROOT / 'bench'}"]
# As bench/CMakeLists.txt has them.
ASIO = ["-DASIO_STANDALONE", "-DASIO_HAS_CO_AWAIT", "-DASIO_HAS_STD_COROUTINE"]


def compiler(build):
    """The one that the build folder was set up for, not through a cache of its output."""
    for line in (build / "CMakeCache.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("CMAKE_CXX_COMPILER:"):
            return line.partition("=")[2]
    raise Failed(f"{build}/CMakeCache.txt names no compiler")


def children_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def compile(_options):
    def sample(machine, program, unit):
        source = SOURCES[pathlib.Path(program).name][unit]
        before = children_seconds()
        machine.output([compiler(machine.build), "-std=c++20", "-O2", *FOLDERS, *ASIO, "-c",
                        str(ROOT / source), "-o", "/dev/null"], machine.first)
        return {unit: children_seconds() - before}

    goals = [Goal(f"{UNITS[unit]}: at most {limit} s", amount(unit, "eddy"), limit)
             for unit, limit in (("include", 1.5), ("server", 3.0))]
    return Benchmark("compile", "Compile time",
                     "CPU time of the compiler of this build with -O2, of one unit, everything in "
                     "the page cache.", [("eddy", "rot13_coroutines"), ("Asio", "rot13_asio")],
                     list(UNITS), [Figure(unit, title, "s") for unit, title in UNITS.items()],
                     sample, goals, against=("eddy", "Asio"))
