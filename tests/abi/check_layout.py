#!/usr/bin/env python3
"""Compiles and runs the programs of make_probe.py: sizes, offsets, constants, types and declarations
of our headers against the facts about libevent's.

  check_layout.py --cc COMPILER --include FOLDER
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

import make_probe


def check(compiler, include, header, program, folder):
    """What differs, as text; empty if nothing does."""
    stem = folder / header.replace("/", "_")
    source = stem.with_suffix(".c")
    source.write_text(program)
    built = subprocess.run(
        [*compiler, "-std=gnu11", "-w", "-I", include, source, "-o", stem],
        capture_output=True, text=True, check=False)
    if built.returncode != 0:
        return f"{header}: its program does not compile:\n{built.stderr}"
    return subprocess.run([stem], capture_output=True, text=True, check=False).stdout


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cc", required=True, nargs="+")
    parser.add_argument("--include", required=True)
    options = parser.parse_args()
    programs = make_probe.programs()
    with tempfile.TemporaryDirectory() as folder:
        wrong = [check(options.cc, options.include, header, program, pathlib.Path(folder))
                 for header, program in programs.items()]
    differences = "".join(wrong)
    print(differences or f"{len(programs)} headers agree with the facts")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
