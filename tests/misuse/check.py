#!/usr/bin/env python3
"""Compiles each mistake beside this file, and what it should have been (-DFIXED).

The mistake must be refused, or warned of where that is all C++ can do, by one single error, which
says the sentence that stands at the head of the file, where the compiler tells at all. The right form must compile without a
warning."""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ALL_WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror"]
MISTAKE = ["-Wall", "-Wextra", "-Werror=unused-result", "-Werror=unused-value"]
ERROR = re.compile(r"^[^:]+:\d+:\d+: (?:fatal )?error: ")
SENTENCE = re.compile(r"^// (?:(gcc|clang) )?says: (.+)$", re.M)


def compilers(given):
    """The build's own, and the others of the project that are here."""
    found = {}
    for name in (given, "g++-12", "g++", "clang++-16"):
        path = shutil.which(name)
        if path is not None:
            found.setdefault(os.path.realpath(path), path)
    return list(found.values())


def family_of(compiler):
    version = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=True)
    return "clang" if "clang" in version.stdout else "gcc"


def compile_it(compiler, options, source, include):
    command = [compiler, "-std=c++20", "-fsyntax-only", "-fno-diagnostics-color", "-I", str(include),
               *options, str(source)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120,
                          env=os.environ | {"LC_ALL": "C"})


def complaint(compiler, family, source, include):
    """What is wrong with how the compiler takes one case, or None."""
    wanted = [text for who, text in SENTENCE.findall(source.read_text()) if who in ("", family)]
    assert len(wanted) <= 1, f"{source}: two sentences for {family}"
    if wanted and (wrong := complaint_of_mistake(compiler, wanted[0], source, include)):
        return wrong
    right = compile_it(compiler, ["-DFIXED", *ALL_WARNINGS], source, include)
    if right.returncode != 0:
        return "the right form does not compile\n" + right.stderr
    return None


def complaint_of_mistake(compiler, wanted, source, include):
    wrong = compile_it(compiler, MISTAKE, source, include)
    errors = [line for line in wrong.stderr.splitlines() if ERROR.match(line)]
    if wrong.returncode == 0 or not errors:
        return "the mistake compiles\n" + wrong.stderr
    if wanted not in errors[0]:
        return f"the first error does not say: {wanted}\n" + wrong.stderr
    if len(errors) != 1:
        return "more errors than mistakes\n" + wrong.stderr
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cxx", default="g++", help="the compiler of the build")
    parser.add_argument("--include", type=pathlib.Path, default=HERE.parent.parent / "include")
    options = parser.parse_args()

    sources = sorted(HERE.glob("*.cpp"))
    assert sources
    cases = [(c, family_of(c), s) for c in compilers(options.cxx) for s in sources]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        said = list(pool.map(lambda case: complaint(*case, options.include), cases))
    for (compiler, _, source), wrong in zip(cases, said):
        print(f"{compiler} {source.stem}: {wrong or 'ok'}")
    return 1 if any(said) else 0


if __name__ == "__main__":
    sys.exit(main())
