#!/usr/bin/env python3
"""Uses an installed eddy in one of the ways that its users do: see the functions below."""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror"]
C11 = ["-std=c11", *WARNINGS]
# The C face and eddy/version.h promise to be of use without exceptions and RTTI.
CXX20 = ["-std=c++20", "-fno-exceptions", "-fno-rtti", *WARNINGS]
SKIPPED = 77


class Failed(Exception):
    pass


def call(command, **more):
    command = [str(word) for word in command]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          stdin=subprocess.DEVNULL, **more)
    if done.returncode != 0:
        raise Failed(f"{' '.join(command)}\nended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def expect(found, wanted, of):
    if found != wanted:
        raise Failed(f"{of} gave\n{found}\ninstead of\n{wanted}")


def fresh(work, name):
    folder = pathlib.Path(work) / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def environment(**more):
    """Of this process, without what could lead to another eddy or libevent."""
    kept = {name: value for name, value in os.environ.items()
            if name not in ("LD_LIBRARY_PATH", "LD_PRELOAD", "PKG_CONFIG_PATH", "CMAKE_PREFIX_PATH",
                            "EDDY_BACKEND")}
    return kept | {name: str(value) for name, value in more.items()}


def run_both(folder, **more):
    expect(call([folder / "uses_events"], env=environment(**more)), "read e\ntime\n", "uses_events")
    version = call([folder / "uses_version"], env=environment(**more))
    if not version.startswith("eddy "):
        raise Failed(f"uses_version gave {version}")


def cmake_project(options, name, *definitions):
    folder = fresh(options.work, name)
    call([options.cmake, "-G", "Ninja", "-S", HERE / name, "-B", folder, "-DCMAKE_BUILD_TYPE=Release",
          f"-DCMAKE_C_COMPILER={options.cc}", f"-DCMAKE_CXX_COMPILER={options.cxx}", *definitions],
         env=environment())
    call([options.cmake, "--build", folder, "-j2"], env=environment())
    run_both(folder)


def find_package(options):
    cmake_project(options, "find_package", f"-DCMAKE_PREFIX_PATH={options.prefix}")


def add_subdirectory(options):
    cmake_project(options, "add_subdirectory", f"-DEDDY_SOURCE={options.source}")


def pkg_config(options):
    folder = fresh(options.work, "pkg_config")
    search = environment(PKG_CONFIG_PATH=options.prefix / "lib/pkgconfig")

    def flags(package):
        return call(["pkg-config", "--cflags", "--libs", package], env=search).split()

    call([options.cc, *C11, "-D_GNU_SOURCE", HERE / "uses_events.c", "-o", folder / "uses_events",
          *flags("eddy-libevent")])
    call([options.cxx, *CXX20, HERE / "uses_version.cpp", "-o", folder / "uses_version",
          *flags("eddy")])
    run_both(folder, LD_LIBRARY_PATH=options.prefix / "lib")


def exceptions(options):
    folder = fresh(options.work, "exceptions")
    flags = call(["pkg-config", "--cflags", "--libs", "eddy-libevent"],
                 env=environment(PKG_CONFIG_PATH=options.prefix / "lib/pkgconfig")).split()
    call([options.cxx, *CXX20, "-fexceptions", HERE / "throws_through.cpp", "-o", folder / "throws",
          *flags])
    printed = call([folder / "throws"], env=environment(LD_LIBRARY_PATH=options.prefix / "lib"))
    expect(printed, "caught from a callback\nagain 0, calls 2\n", "throws_through")


def coroutines(options):
    folder = fresh(options.work, "coroutines")
    flags = call(["pkg-config", "--cflags", "--libs", "eddy"],
                 env=environment(PKG_CONFIG_PATH=options.prefix / "lib/pkgconfig")).split()
    call([options.cxx, "-std=c++20", "-O2", *WARNINGS, HERE / "uses_coroutines.cpp",
          "-o", folder / "coroutines", *flags])
    printed = call([folder / "coroutines"],
                   env=environment(LD_LIBRARY_PATH=options.prefix / "lib"))
    expect(printed, "receive from fd 19999: Bad file descriptor\nsleep: Connection timed out\n7\n",
           "uses_coroutines")


def mixed_units(options):
    """Units of compilers that hand over between coroutines in different ways, in one program."""
    others = [options.cxx, *filter(None, map(shutil.which, ("g++-12", "g++", "clang++-16")))]
    kinds = {}
    for compiler in others:
        defined = call([compiler, "-std=c++20", "-dM", "-E", "-x", "c++", *include_flags(options),
                        options.prefix / "include/eddy/api.hpp"])
        kinds.setdefault("EDDY_SYMMETRIC_TRANSFER 1" in defined, compiler)
    if len(kinds) < 2:
        print("there are no compilers of both kinds")
        return SKIPPED
    folder = fresh(options.work, "mixed_units")
    for level in ("-O0", "-O2"):
        objects = {}
        for kind, compiler in kinds.items():
            for unit in ("caller", "callee"):
                objects[kind, unit] = folder / f"{unit}{level}-{kind}.o"
                call([compiler, "-std=c++20", level, *WARNINGS, *include_flags(options), "-c",
                      HERE / f"mixed_{unit}.cpp", "-o", objects[kind, unit]])
        for first in ("caller", "callee"):
            for kind in kinds:
                units = [objects[kind, "caller"], objects[not kind, "callee"]]
                if first == "callee":
                    units.reverse()
                call([options.cxx, *units, "-o", folder / "mixed", f"-L{options.prefix}/lib",
                      "-leddy"])
                printed = call([folder / "mixed"],
                               env=environment(LD_LIBRARY_PATH=options.prefix / "lib"))
                expect(printed, "13\n", f"mixed units at {level}, {first} first")


def installed_headers(options):
    for folder in (options.prefix / "include", options.prefix / "include/eddy-libevent"):
        for path in sorted([*folder.rglob("*.h"), *folder.rglob("*.hpp")]):
            name = path.relative_to(folder)
            if name.parts[0] != "eddy-libevent":
                yield str(name)


def include_flags(options):
    return [f"-I{options.prefix}/include", f"-I{options.prefix}/include/eddy-libevent"]


def headers(options):
    """Each compiles alone, twice included, as C++20 without exceptions; a .h as strict C11, too."""
    folder = fresh(options.work, "headers")
    names = list(installed_headers(options))
    if "event2/event.h" not in names or "eddy/version.h" not in names:
        raise Failed(f"found only {names}")
    for name in names:
        text = f"#include <{name}>\n#include <{name}>\nextern int unit;\n"
        for compiler, flags, suffix in ((options.cc, C11, ".c"), (options.cxx, CXX20, ".cpp")):
            if suffix == ".c" and name.endswith(".hpp"):
                continue
            unit = folder / f"unit{suffix}"
            unit.write_text(text)
            call([compiler, *flags, "-fsyntax-only", *include_flags(options), unit])
    print(f"{len(names)} headers")


def two_units(options):
    """All headers in two units of one program: nothing is defined twice. In C, and in C++."""
    folder = fresh(options.work, "two_units")
    names = list(installed_headers(options))
    for compiler, flags, suffix in ((options.cc, C11, ".c"), (options.cxx, CXX20, ".cpp")):
        includes = "".join(f"#include <{name}>\n" for name in names
                           if suffix == ".cpp" or name.endswith(".h"))
        one, two = folder / f"one{suffix}", folder / f"two{suffix}"
        one.write_text(includes + "int two(void);\nint main(void) { return two(); }\n")
        two.write_text(includes + "int two(void);\nint two(void) { return 0; }\n")
        program = folder / f"program{suffix}.run"
        call([compiler, *flags, *include_flags(options), one, two, "-o", program,
              f"-L{options.prefix}/lib", "-leddy"])
        call([program], env=environment(LD_LIBRARY_PATH=options.prefix / "lib"))


def aliases(options):
    """Each has the name that programs ask for, needs libeddy.so.0, and defines nothing."""
    for kind in ("", "_core", "_extra", "_pthreads", "_openssl"):
        path = options.prefix / f"lib/eddy/libevent{kind}-2.1.so.7"
        dynamic = call(["readelf", "--dynamic", "--wide", path]).splitlines()
        needed = [line.split("[")[1].rstrip("]") for line in dynamic if "(NEEDED)" in line]
        soname = [line.split("[")[1].rstrip("]") for line in dynamic if "(SONAME)" in line]
        expect(needed, ["libeddy.so.0"], f"what {path.name} needs")
        expect(soname, [path.name], f"the soname of {path.name}")
        symbols = call(["nm", "-D", "--defined-only", path]).splitlines()
        expect([line for line in symbols if len(line.split()) == 3], [],
               f"what {path.name} defines")


def precompiled(options):
    """A program built against the system's libevent runs on eddy by a library path alone."""
    folder = fresh(options.work, "precompiled")
    found = subprocess.run(["pkg-config", "--cflags", "--libs", "libevent", "libevent_pthreads"],
                           capture_output=True, text=True, env=environment())
    if found.returncode != 0:
        print("skipped: no libevent here to compile against (Debian: libevent-dev)")
        return SKIPPED
    program = folder / "which_library"
    call([options.cc, "-std=c11", HERE / "which_library.c", "-o", program, *found.stdout.split(),
          "-ldl"])
    without = call([program], env=environment())
    if "libeddy" in without:
        raise Failed(f"eddy was loaded although nobody asked for it:\n{without}")
    on_eddy = call([program], env=environment(LD_LIBRARY_PATH=options.prefix / "lib/eddy"))
    if not on_eddy.startswith(f"from {options.prefix}/lib/eddy/../libeddy.so.0\n"):
        raise Failed(f"event_base_new did not come from eddy:\n{on_eddy}")
    foreign = [line for line in on_eddy.splitlines()
               if line.startswith("maps ") and str(options.prefix) not in line]
    expect(foreign, [], "libevent's own libraries in a program on eddy:")
    expect(on_eddy.splitlines()[-1], without.splitlines()[-1], "the program on eddy")
    return 0


WAYS = [find_package, add_subdirectory, pkg_config, headers, two_units, aliases, precompiled,
        exceptions, coroutines, mixed_units]


def main():
    parser = argparse.ArgumentParser()
    for name in ("source", "work", "cmake", "cc", "cxx"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--prefix", required=True, type=pathlib.Path)
    parser.add_argument("way", choices=[way.__name__ for way in WAYS])
    options = parser.parse_args()
    way = next(way for way in WAYS if way.__name__ == options.way)
    try:
        return way(options) or 0
    except Failed as failure:
        print(failure)
        return 1


if __name__ == "__main__":
    sys.exit(main())
