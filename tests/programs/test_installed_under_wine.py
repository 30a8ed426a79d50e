#!/usr/bin/env python3
"""Builds a user's programs for Windows on the installed eddy, as PLATFORMS.md says, and runs them."""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys


def call(words, **more):
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=300, **more)
    if done.returncode != 0:
        sys.exit(f"{words}\n{done.stdout}\nended with {done.returncode}")
    return done.stdout.replace("\r", "")


def expect(wine, program, pattern):
    text = call([wine, program])
    if not re.fullmatch(pattern, text):
        sys.exit(f"{program.name} said: {text!r}")
    print(f"{program.parent.name}/{program.name}: {text.strip()}")


def main():
    parser = argparse.ArgumentParser()
    for name in ("cmake", "build", "source", "work", "wine", "cc", "cxx"):
        parser.add_argument(f"--{name}", required=True, type=pathlib.Path)
    options = parser.parse_args()
    prefix, project = options.work / "prefix", options.source / "tests/consumer/windows"
    for folder in (prefix, options.work / "cmake", options.work / "pkg_config"):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    call([options.cmake, "--install", options.build, "--prefix", prefix])

    built = options.work / "cmake"
    call([options.cmake, "-S", project, "-B", built, f"-DCMAKE_FIND_ROOT_PATH={prefix}",
          f"-DCMAKE_TOOLCHAIN_FILE={options.source}/cmake/mingw-w64.cmake"])
    call([options.cmake, "--build", built])
    coroutines = r"hello\nrefused: connect to 127\.0\.0\.1:\d+: Connection refused\n"
    expect(options.wine, built / "echo_events.exe", r"hello by iocp\n")
    expect(options.wine, built / "echo_coroutines.exe", coroutines)

    if shutil.which("pkg-config") is None:
        print("pkg-config is missing: left out")
        return
    search = dict(os.environ, PKG_CONFIG_PATH=str(prefix / "lib/pkgconfig"))

    def link(compiler, source, package, pattern):
        flags = call(["pkg-config", "--cflags", "--libs", package], env=search).split()
        program = options.work / "pkg_config" / f"{source.stem}.exe"
        call([*compiler, "-static", source, "-o", program, *flags])
        expect(options.wine, program, pattern)

    link([options.cc], project / "echo_events.c", "eddy-libevent", r"hello by iocp\n")
    link([options.cxx, "-std=c++20"], project / "echo_coroutines.cpp", "eddy", coroutines)


if __name__ == "__main__":
    main()
