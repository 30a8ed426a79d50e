#!/usr/bin/env python3
"""Conditions of the preprocessor that ask for a platform stand only where STYLE.md lets them.

  check_conditions.py PROJECT
"""

import pathlib
import re
import sys

FOLDERS = ["src", "include", "tools", "examples", "bench", "tests"]
SUFFIXES = {".c", ".cpp", ".h", ".hpp"}
PLATFORM = re.compile(
    r"\b(_WIN32|_WIN64|WIN32|__MINGW\w*|_MSC_VER|__CYGWIN__|linux|__linux|__linux__|__ANDROID__|"
    r"__APPLE__|__MACH__|__FreeBSD__|__NetBSD__|__OpenBSD__|__DragonFly__|__sun|__sun__|__illumos__|"
    r"__unix|__unix__)\b")
CONDITION = re.compile(r"[ \t]*#[ \t]*(?:if|ifdef|ifndef|elif|elifdef|elifndef)\b(.*)")

# Beside src/backend and src/base/sys*, with what each is there for. A user's compiler reads public
# headers, so that no build can choose among them.
ALLOWED = {
    "include/eddy/api.hpp": "how symbols are exported",
    "include/eddy/sockets.hpp": "the system's types of sockets",
    "include/event2/buffer.h": "where struct iovec is",
    "include/event2/event-config.h": "what the system has, as libevent's says it",
    "include/event2/event_struct.h": "struct timeval is half as long on Windows",
    "include/event2/thread.h": "which kind of threads can be asked for",
    "include/event2/util.h": "the types of sockets, and where their errors are",
    "include/event2/visibility.h": "how symbols are exported",
    "tests/support/system.h": "what tests need of a system, by name",
}


def is_allowed(path):
    return path.startswith(("src/backend/", "src/base/sys")) or path in ALLOWED


def conditions(path):
    """The line and the text of each, a continued one as one."""
    lines = path.read_text(encoding="utf-8").split("\n")
    number = 0
    while number < len(lines):
        first, text = number, lines[number]
        while text.endswith("\\") and number + 1 < len(lines):
            number += 1
            text = text[:-1] + lines[number]
        number += 1
        found = CONDITION.match(text)
        if found:
            yield first + 1, found.group(1)


def main():
    project = pathlib.Path(sys.argv[1])
    faults, used = [], set()
    for folder in FOLDERS:
        for path in sorted((project / folder).rglob("*")):
            if path.suffix not in SUFFIXES:
                continue
            name = path.relative_to(project).as_posix()
            for line, text in conditions(path):
                if not PLATFORM.search(text):
                    continue
                used.add(name)
                if not is_allowed(name):
                    faults.append(f"{name}:{line}: #if{text}: sources that a system has not are left "
                                  "out by src/CMakeLists.txt; tests ask tests/support/system.h")
    faults += [f"{name}: has no such condition any more; take it off the list in {__file__}"
               for name in ALLOWED if name not in used]
    print("\n".join(faults) or f"{len(used)} files have conditions for platforms, and may")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
