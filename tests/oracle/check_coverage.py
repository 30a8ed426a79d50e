#!/usr/bin/python3
"""Every function that the headers of eddy's part declare is asked about by some program."""
import argparse
import pathlib
import re
import sys

HEADERS = ("event2/buffer.h", "event2/buffer_compat.h", "event2/bufferevent.h",
           "event2/bufferevent_compat.h", "event2/listener.h", "event2/event.h", "event2/event_compat.h",
           "event2/util.h", "event2/thread.h")
NAME = re.compile(r"\b((?:event|evbuffer|bufferevent|evconnlistener|ev_token_bucket_cfg|evutil|evthread|libevent)_[a-z0-9_]+)\s*\(")


def declared(text):
    text = re.sub(r"/\*.*?\*/|//[^\n]*", " ", text, flags=re.DOTALL)
    # Macros too: a program has to use them as well. Their bodies name functions that count anyway.
    return set(NAME.findall(text))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--headers", type=pathlib.Path, required=True)
    parser.add_argument("--programs", type=pathlib.Path, required=True)
    options = parser.parse_args()
    wanted = set()
    for header in HEADERS:
        wanted |= declared((options.headers / header).read_text(encoding="utf-8"))
    if len(wanted) < 100:
        print(f"only {len(wanted)} functions found in {options.headers}: the search is at fault")
        return 1
    used = set()
    for program in options.programs.glob("*.c"):
        text = program.read_text(encoding="utf-8")
        text = re.sub(r'"(?:[^"\\]|\\.)*"', '""', text)  # a name in a message is not a call
        used |= set(re.findall(r"\b[a-z][a-z0-9_]+\b", text))
    missing = sorted(wanted - used)
    for name in missing:
        print(f"no program asks about {name}")
    print(f"{len(wanted) - len(missing)} of {len(wanted)} functions asked about")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
