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


def without_windows(text):
    """Nor what only Windows has, since no program here can ask about that."""
    kept, inside = [], []  # for each #if: None, or whether it is Windows' part
    for line in text.splitlines():
        directive = re.match(r"\s*#\s*(if|ifdef|ifndef|else|elif|endif)\b(.*)", line)
        if directive and directive[1].startswith("if"):
            about_windows = "_WIN32" in directive[2]
            negated = directive[1] == "ifndef" or "!" in directive[2]
            inside.append((not negated) if about_windows else None)
        elif directive and directive[1] == "endif":
            inside.pop()
        elif directive and inside[-1] is not None:
            inside[-1] = not inside[-1]
        if not any(inside):
            kept.append(line)
    return "\n".join(kept)


def declared(text):
    text = without_windows(text)
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
