#!/usr/bin/env python3
"""What libeddy.so exports is what src/exported_symbols.txt lists: no more, no less, no versions.

  check_exports.py --nm NM --list FILE [--write] LIBRARY

With --write the list is made anew; read the difference before you commit it, for a name that was
there in a release must stay.
"""

import argparse
import pathlib
import re
import subprocess
import sys

STANDARD = re.compile(r"_Z(Z|TI|TS|TV|GV)?N?K?St")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--nm", default="nm")
    parser.add_argument("--list", required=True, type=pathlib.Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("library")
    options = parser.parse_args()
    listing = subprocess.run([options.nm, "-D", "--defined-only", options.library],
                             capture_output=True, text=True, check=True).stdout
    # Copies of the standard library's own inline things are as the compiler likes.
    exported = sorted(name for name in (line.split()[-1] for line in listing.splitlines() if line)
                      if not STANDARD.match(name))
    if options.write:
        options.list.write_text("".join(f"{name}\n" for name in exported))
        return 0
    listed = options.list.read_text().split()
    faults = [f"exported, but not listed: {name}" for name in exported if name not in listed]
    faults += [f"listed, but not exported: {name}" for name in listed if name not in exported]
    faults += [f"carries a symbol version: {name}" for name in exported if "@" in name]
    if listed != sorted(set(listed)):
        faults.append(f"{options.list} is not sorted, or names something twice")
    if faults:
        faults.append(f"Where that is as it should be: {sys.argv[0]} --list {options.list} "
                      f"--write {options.library}")
    print("\n".join(faults) or f"{len(exported)} symbols, as listed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
