#!/usr/bin/env python3
"""Takes the introduction's event server out of its text, unchanged.

A program there is a run of lines indented by one tab (or empty). The one wanted includes
event2/event.h and not event2/bufferevent.h."""

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


def event_server(text):
    found = [
        code
        for code in programs(text)
        if "#include <event2/event.h>" in code and "bufferevent.h" not in code
    ]
    if len(found) != 1:
        raise SystemExit(f"extract: {len(found)} programs on event2/event.h in the text, not 1")
    return found[0]


def main():
    if len(sys.argv) != 3:
        raise SystemExit("usage: extract.py INTRODUCTION.txt OUTPUT.c")
    text = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")
    pathlib.Path(sys.argv[2]).write_text(event_server(text), encoding="utf-8")


if __name__ == "__main__":
    main()
