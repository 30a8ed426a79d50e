#!/usr/bin/env python3
"""Takes one of the introduction's servers out of its text, unchanged.

A program there is a run of lines indented by one tab (or empty). The event server includes
event2/event.h and not event2/bufferevent.h; the bufferevent server includes both."""

import pathlib
import sys


def programs(text):
    """The indented blocks that have a main function."""
    block = []
    for line in text.splitlines() + ["end"]:
        if line.startswith("\t") or not line.strip():
            block.append(line[1:] if line.startswith("\t") else "")
            continue
        if any("main(" in code for code in block):
            yield "\n".join(block).strip() + "\n"
        block = []


def server(text, kind):
    found = [
        code
        for code in programs(text)
        if "#include <event2/event.h>" in code
        and ("bufferevent.h" in code) == (kind == "bufferevent")
    ]
    if len(found) != 1:
        raise SystemExit(f"extract: {len(found)} {kind} servers in the text, not 1")
    return found[0]


def main():
    if len(sys.argv) != 4 or sys.argv[1] not in ("event", "bufferevent"):
        raise SystemExit("usage: extract.py event|bufferevent INTRODUCTION.txt OUTPUT.c")
    text = pathlib.Path(sys.argv[2]).read_text(encoding="utf-8")
    pathlib.Path(sys.argv[3]).write_text(server(text, sys.argv[1]), encoding="utf-8")


if __name__ == "__main__":
    main()
