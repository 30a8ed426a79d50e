#!/usr/bin/env python3
"""Sees to it that the shared library exports every function of expected_functions.txt.

  check_exports.py --nm NM LIBRARY
"""

import argparse
import subprocess
import sys

import make_probe


def exported(nm, library):
    listing = subprocess.run([nm, "-D", "--defined-only", library], capture_output=True, text=True,
                             check=True).stdout
    return {line.split()[-1].split("@")[0] for line in listing.splitlines() if line}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--nm", required=True)
    parser.add_argument("library")
    options = parser.parse_args()
    wanted = {line.split()[1] for line in make_probe.facts("expected_functions.txt")}
    missing = sorted(wanted - exported(options.nm, options.library))
    for name in missing:
        print(f"{options.library} does not export {name}")
    if not missing:
        print(f"all {len(wanted)} functions are exported")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
