#!/usr/bin/env python3
"""Compiles the programs of docs/coming_from.md, and runs those of eddy that end by themselves.

A block's info string says what it is: its language, its library, and
- `first`: what each program of that library begins with; `shared`: each program of all;
- `after N`: it comes behind what stands before `main` in that library's program of section N;
- `extra`, `io_uring`: it is compiled where this machine has what it needs, with other options.
Each section has a program of each library. Where a library's headers are missing, it is left out.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import socket
import subprocess
import sys

LIBRARIES = ("eddy", "libevent", "libuv", "asio")
# Callbacks do not need all that they are told, nor programs all that is shared.
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror",
            "-Wno-unused-parameter", "-Wno-unused-function"]
# In sections of the page: what the program is given, and a pattern of what it prints.
ENDING = {2: ([], r"tick 1\ntick 2\ntick 3\n"), 3: (["PORT"], r"connected\n"),
          4: (["127.0.0.1"], r"127\.0\.0\.1\n"), 7: ([], r"hello\nexited with 0\n"),
          8: (["FILE"], r"one line\n"), 9: ([], r"78498 primes\n")}
LAST = 10


class Page:
    def __init__(self, path):
        self.first, self.programs = {}, {}
        text = path.read_text()
        for match in re.finditer(r"^```(c|cpp) (\w+)(?: ([^\n]+))?\n(.*?)^```$", text, re.M | re.S):
            language, library, how, code = match.groups()
            line = text.count("\n", 0, match.start()) + 2
            code = f"#line {line}\n{code}"  # of the page, so that errors name its lines
            if library == "shared" or how == "first":
                self.first[library] = code
                continue
            headings = re.findall(r"^## (\d+)\.", text[:match.start()], re.M)
            self.programs[int(headings[-1]), library] = (language, how or "", code)

    def unit(self, section, library):
        _, how, code = self.programs[section, library]
        before = ""
        if how.startswith("after "):
            earlier = self.programs[int(how.split()[1]), library][2]
            before = earlier[:earlier.index("\nint main(") + 1]
        return self.first[library] + self.first["shared"] + before + code


def missing(page):
    wanted = [(n, library) for n in range(1, LAST + 1) for library in LIBRARIES]
    return [f"section {n} has no program of {name}" for n, name in wanted
            if (n, name) not in page.programs]


def has_header(options, name):
    done = subprocess.run([options.cxx, "-fsyntax-only", "-x", "c++", "-"], text=True,
                          input=f"#if !__has_include(<{name}>)\n#error none\n#endif\n",
                          stderr=subprocess.DEVNULL)
    return done.returncode == 0


def needs(library, how):
    """Headers that are no part of this project."""
    return {"libevent extra": ["event2/dns.h"], "libuv": ["uv.h"], "asio": ["asio.hpp"],
            "asio io_uring": ["asio.hpp", "liburing.h"]}.get(
                f"{library} {how}" if how in ("extra", "io_uring") else library, [])


def compiler(options, page, section, library):
    language, how, _ = page.programs[section, library]
    command = ([options.cc, "-std=gnu11"] if language == "c" else [options.cxx, "-std=c++20"])
    if library in ("eddy", "libevent") and how != "extra":  # that is of libevent itself
        command.append(f"-I{options.source}/include")
    if library == "asio":  # 1.22 does not know that clang has coroutines
        command += ["-DASIO_HAS_CO_AWAIT", "-DASIO_HAS_STD_COROUTINE"]
    if how == "io_uring":
        command += ["-DASIO_HAS_IO_URING", "-DASIO_DISABLE_EPOLL"]
    return command + WARNINGS


def compile_program(options, page, section, library):
    """Returns what went wrong, and what was done."""
    language, how, _ = page.programs[section, library]
    lacking = [name for name in needs(library, how) if not has_header(options, name)]
    if lacking:
        return None, f"left out: no <{lacking[0]}>"
    unit = options.work / f"coming_from_{section}_{library}.{language}"
    unit.write_text(page.unit(section, library))
    command = compiler(options, page, section, library)
    if library == "eddy":
        folder = options.build / "lib"
        command += [unit, "-o", unit.with_suffix(""), f"-L{folder}", "-leddy"]
    else:
        command += ["-fsyntax-only", unit]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return (done.stdout if done.returncode != 0 else None), "compiles"


def run_program(options, section):
    """Returns what went wrong."""
    words, expected = ENDING[section]
    text = options.work / "coming_from.txt"
    text.write_text("one line\n")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        values = {"PORT": str(listener.getsockname()[1]), "FILE": str(text)}
        done = subprocess.run([options.work / f"coming_from_{section}_eddy",
                               *(values.get(word, word) for word in words)],
                              env=os.environ | {"LD_LIBRARY_PATH": str(options.build / "lib")},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60)
    if done.returncode != 0 or not re.fullmatch(expected, done.stdout):
        return f"ended with {done.returncode} and printed\n{done.stdout}"
    return None


def main():
    parser = argparse.ArgumentParser()
    for name in ("source", "build", "work"):
        parser.add_argument(f"--{name}", required=True, type=pathlib.Path)
    for name in ("cc", "cxx"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args()
    page = Page(options.source / "docs/coming_from.md")
    faults = missing(page)
    with concurrent.futures.ThreadPoolExecutor(2) as both:
        jobs = {key: both.submit(compile_program, options, page, *key)
                for key in sorted(page.programs)}
    for (section, library), job in jobs.items():
        fault, did = job.result()
        if not fault and library == "eddy" and section in ENDING:
            fault, did = run_program(options, section), "prints what it should"
        print(f"section {section}, {library}: {fault or did}")
        faults += [fault] if fault else []
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
