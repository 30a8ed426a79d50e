#!/usr/bin/env python3
"""Installs the build into a prefix, moves the prefix, and checks that what belongs there is there.

The move is the point: nothing that is installed may remember where it was installed to.
"""

import argparse
import pathlib
import shutil
import subprocess
import sys

ALIASES = ["libevent", "libevent_core", "libevent_extra", "libevent_pthreads", "libevent_openssl"]


def expected(source):
    yield from ("lib/libeddy.so", "lib/libeddy.so.0", "lib/cmake/eddy/eddyConfig.cmake")
    yield from ("lib/pkgconfig/eddy.pc", "lib/pkgconfig/eddy-libevent.pc")
    yield from (f"lib/eddy/{name}-2.1.so.7" for name in ALIASES)
    include = source / "include"
    yield from (f"include/eddy/{path.name}" for path in (include / "eddy").iterdir())
    yield from (f"include/eddy-libevent/event2/{path.name}" for path in (include / "event2").iterdir())
    yield from (f"include/eddy-libevent/{path.name}" for path in include.glob("*.h"))
    if (source / "tools/eddy/CMakeLists.txt").exists():
        yield "bin/eddy"


def main():
    parser = argparse.ArgumentParser()
    for name in ("cmake", "build", "source", "prefix"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args()
    prefix = pathlib.Path(options.prefix)
    first = prefix.with_name(prefix.name + ".first")
    for folder in (prefix, first):
        shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([options.cmake, "--install", options.build, "--prefix", first], check=True,
                   stdout=subprocess.DEVNULL)
    first.rename(prefix)

    faults = [f"missing: {name}" for name in expected(pathlib.Path(options.source))
              if not (prefix / name).exists()]
    for path in prefix.rglob("*"):
        if path.is_file() and path.suffix in (".cmake", ".pc") and str(first) in path.read_text():
            faults.append(f"{path.relative_to(prefix)} names the folder it was installed to")
    for path in prefix.iterdir():
        if path.name not in ("bin", "include", "lib", "share"):
            faults.append(f"unexpected: {path.name}")
    print("\n".join(faults) or f"installed and moved to {prefix}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
