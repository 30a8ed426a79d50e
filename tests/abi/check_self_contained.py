#!/usr/bin/env python3
"""Compiles each header of the C face alone and twice, as old and new C and C++, with all warnings
as errors; and sees to it that none of them brings in a header of an installed libevent.

  check_self_contained.py --cc COMPILER --cxx COMPILER --include FOLDER
"""

import argparse
import pathlib
import re
import subprocess
import sys

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror"]

# Some headers define macros only, and ISO C wants at least one declaration in a file.
PROGRAM = """\
#include <{header}>
#include <{header}>
extern int this_file_declares_something;
"""


def compile_alone(command, header, include):
    """The compiler's complaints, then the files that it read."""
    common = [*command, "-I", include, "-"]
    text = PROGRAM.format(header=header)
    checked = subprocess.run([*common, "-fsyntax-only", *WARNINGS], input=text,
                             capture_output=True, text=True, check=False)
    if checked.returncode != 0:
        return checked.stderr, ""
    read = subprocess.run([*common, "-M"], input=text, capture_output=True, text=True, check=True)
    return "", read.stdout


def foreign(files, include):
    """Files with a name of libevent's that are not ours."""
    names = re.compile(r"(^|/)(event2/\S+|event|evutil|evdns|evhttp|evrpc)\.h$")
    ours = str(pathlib.Path(include).resolve())
    return [f for f in files.replace("\\\n", " ").split()
            if names.search(f) and not str(pathlib.Path(f).resolve()).startswith(ours)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cc", required=True)
    parser.add_argument("--cxx", required=True)
    parser.add_argument("--include", required=True)
    options = parser.parse_args()
    commands = [[options.cc, "-x", "c", "-std=c90"], [options.cc, "-x", "c", "-std=c11"],
                [options.cxx, "-x", "c++", "-std=c++98"], [options.cxx, "-x", "c++", "-std=c++20"]]
    root = pathlib.Path(options.include)
    headers = sorted(str(h.relative_to(root)) for h in
                     [*root.glob("*.h"), *root.glob("event2/*.h"), root / "eddy/version.h"])
    wrong = []
    for header in headers:
        for command in commands:
            complaints, files = compile_alone(command, header, options.include)
            if complaints:
                wrong.append(f"{header} with {' '.join(command)}:\n{complaints}")
            wrong += [f"{header} includes {f}, which is not ours" for f in
                      foreign(files, options.include)]
    print("\n".join(wrong) or f"{len(headers)} headers are self-contained")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
