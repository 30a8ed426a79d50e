#!/usr/bin/python3
"""Runs one oracle program on libevent and on eddy and compares the transcripts.

Lines that begin with DIFF:ID are differences on purpose: they are left out of the comparison, and
every ID has to be a row of docs/differences.md. The programs themselves check that such a line says
what that row records (on_purpose in oracle.h).
"""
import argparse
import difflib
import os
import re
import subprocess
import sys

# What makes libevent use the method that stands on the same kernel interface.
LIBEVENT_ENVIRONMENT = {
    "select": {"EVENT_NOEPOLL": "1", "EVENT_NOPOLL": "1"},
    "poll": {"EVENT_NOEPOLL": "1"},
    "epoll": {},
    "io_uring": {},
}
# What oracle.c says when a situation could not be prepared. On both sides that is agreement on nothing.
BROKEN = "the test could not be set up"
# With sanitizers, what libevent itself leaks (two locks a refused bufferevent) is not our matter.
LIBEVENT_SIDE = {"ASAN_OPTIONS": "detect_leaks=0"}


def clean_environment():
    unwanted = ("EVENT_", "EDDY_")
    return {k: v for k, v in os.environ.items() if not k.startswith(unwanted)}


def run(program, extra, timeout):
    environment = clean_environment() | extra
    try:
        done = subprocess.run([program], env=environment, timeout=timeout, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, errors="backslashreplace")
    except subprocess.TimeoutExpired as late:
        text = (late.stdout or b"").decode(errors="backslashreplace")
        return text.splitlines() + [f"(no end within {timeout} s)"], ""
    lines = done.stdout.splitlines()
    if done.returncode != 0:
        lines.append(f"(the program itself ended with status {done.returncode})")
    return lines, done.stderr


def split(lines):
    """The lines to compare, and the ids of the differences on purpose."""
    compared, ids = [], set()
    for line in lines:
        found = re.match(r"DIFF:(\S+)", line)
        if found:
            ids.add(found.group(1))
        else:
            compared.append(line)
    return compared, ids


def documented(path):
    with open(path, encoding="utf-8") as page:
        return set(re.findall(r"^\|\s*`([^`]+)`\s*\|", page.read(), re.MULTILINE))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--libevent", required=True, help="the program, linked to libevent")
    parser.add_argument("--eddy", required=True, help="the same program, linked to eddy")
    parser.add_argument("--backend", required=True, choices=sorted(LIBEVENT_ENVIRONMENT))
    parser.add_argument("--differences", required=True, help="docs/differences.md")
    parser.add_argument("--timeout", type=float, default=30)
    options = parser.parse_args()

    theirs, their_errors = run(options.libevent,
                               LIBEVENT_SIDE | LIBEVENT_ENVIRONMENT[options.backend],
                               options.timeout)
    ours, our_errors = run(options.eddy, {"EDDY_BACKEND": options.backend}, options.timeout)
    their_lines, their_ids = split(theirs)
    our_lines, our_ids = split(ours)

    failed = False
    unknown = sorted((their_ids | our_ids) - documented(options.differences))
    if unknown:
        failed = True
        print(f"not in {options.differences}: {', '.join(unknown)}; add a row with the reason")
    if not their_lines:
        failed = True
        print(f"{options.libevent} printed nothing: nothing was asked")
    for side, text in (("libevent", their_errors), ("eddy", our_errors)):
        if BROKEN in text:
            failed = True
            print(f"on {side}'s side a situation was not asked about, because {BROKEN}")
    if their_lines != our_lines:
        failed = True
        # The whole transcript as context: the title of the situation has to be in view.
        for line in difflib.unified_diff(their_lines, our_lines, "libevent",
                                         f"eddy ({options.backend})", lineterm="", n=1000):
            print(line)
    if failed:
        print("--- stderr of libevent's side\n" + their_errors[-2000:])
        print("--- stderr of eddy's side\n" + our_errors[-4000:])
        return 1
    print(f"{len(their_lines)} lines agree")
    return 0


if __name__ == "__main__":
    sys.exit(main())
