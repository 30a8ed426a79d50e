#!/usr/bin/env python3
"""Distils the facts about libevent's headers into the two lists that the tests read.

  distill.py FACTS_FOLDER            rewrites expected_layout.txt, and compares expected_functions.txt
  distill.py --check FACTS_FOLDER    compares both

FACTS_FOLDER holds libevent-2.1-layout.txt and libevent-2.1-functions.txt. Only the headers that
eddy has are of interest; a new one is added to HEADERS, and its functions, with their types, to
expected_functions.txt.
"""

import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
LAYOUT = HERE / "expected_layout.txt"
FUNCTIONS = HERE / "expected_functions.txt"

HEADERS = {
    "event.h", "evutil.h", "event2/buffer.h", "event2/buffer_compat.h", "event2/bufferevent.h",
    "event2/bufferevent_compat.h", "event2/bufferevent_struct.h", "event2/listener.h",
    "event2/event.h", "event2/event_compat.h", "event2/event_struct.h",
    "event2/event-config.h", "event2/keyvalq_struct.h", "event2/thread.h", "event2/util.h",
    "event2/visibility.h",
}

LAYOUT_TITLE = """\
# What the headers of the C face must define: facts about libevent 2.1.12 on 64-bit Linux.
# Written by distill.py; read by make_probe.py. One fact a line, sizes and offsets in bytes:
#   type NAME SIZE signed|unsigned HEADER
#   struct NAME SIZE ALIGNMENT HEADER          member STRUCT PATH OFFSET SIZE [TYPE]
#   alias NAME SYSTEM_STRUCT HEADER            opaque NAME HEADER
#   enumerator NAME VALUE HEADER               typedef NAME HEADER TYPE
#   integer NAME VALUE_AS_64_BITS HEADER       string NAME HEADER "TEXT"
#   defined NAME HEADER                        arguments NAME COUNT HEADER
"""


def spelled_as_c(kind):
    """The facts' way to write a type, as C writes it; None for a type without a name."""
    if "{anon}" in kind:
        return None
    return re.sub(r"^fnptr (.*?)\(", r"\1 (*)(", kind)


class Layout:
    def __init__(self, lines):
        self.facts = []
        self.signs = {}
        self.struct = None
        self.enum_header = None
        self.section = ""
        for line in lines:
            self.read(line)

    def add(self, header, *words):
        if header in HEADERS:
            self.facts.append(" ".join(str(w) for w in words))

    def read(self, line):
        if line.startswith("# "):
            self.section = line[2:]
            self.struct = self.enum_header = None
        elif line.strip():
            words = line.split()
            for prefix, reader in (
                    ("sizes of the scalar", self.scalar), ("structs", self.structs),
                    ("macros that name", self.aliases), ("enums", self.enums),
                    ("typedefs", self.typedefs), ("integer", self.integers),
                    ("string", self.strings), ("type macros", self.type_macros),
                    ("empty", self.defined), ("macros that are neither", self.defined),
                    ("function-like", self.arguments)):
                if self.section.startswith(prefix):
                    reader(line, words)

    def scalar(self, _line, words):
        self.signs[words[1]] = "signed" if words[5] == "1" else "unsigned"

    def structs(self, line, words):
        if words[0] == "opaque":
            self.add(words[-1], "opaque", words[2], words[-1])
        elif words[0] in ("struct", "union"):
            self.struct = (words[1], words[7])
            self.add(words[7], "struct", words[1], words[3], words[5], words[7])
        elif self.struct and words[1] == "offset":
            kind = spelled_as_c(line.split(" type ", 1)[1])
            self.add(self.struct[1], "member", self.struct[0], words[0], words[2], words[4],
                     *([kind] if kind else []))

    def aliases(self, line, words):
        if words[0] == "struct":
            self.add(words[-1], "alias", words[1], words[8], words[-1])

    def enums(self, _line, words):
        if words[0] == "enum":
            self.enum_header = words[3]
        else:
            self.add(self.enum_header, "enumerator", words[0], words[1], self.enum_header)

    def typedefs(self, line, words):
        kind = spelled_as_c(line.split(" = ", 1)[1].rsplit(" header ", 1)[0])
        self.add(words[-1], "typedef", words[1], words[-1], kind)

    def integers(self, _line, words):
        self.add(words[-1], "integer", words[0], words[2], words[-1])

    def strings(self, line, words):
        self.add(words[-1], "string", words[0], words[-1], re.search(r'".*"', line).group(0))

    def type_macros(self, _line, words):
        self.add(words[-1], "type", words[0], words[2], self.signs.get(words[0], "?"), words[-1])

    def defined(self, _line, words):
        self.add(words[-1], "defined", words[0], words[-1])

    def arguments(self, line, words):
        name, inside = re.match(r"(\w+)\(([^)]*)\)", line).groups()
        count = len(inside.split(",")) if inside else 0
        self.add(words[-1], "arguments", name, count, words[-1])


def distilled_layout(folder):
    lines = (folder / "libevent-2.1-layout.txt").read_text().splitlines()
    return LAYOUT_TITLE + "\n".join(Layout(lines).facts) + "\n"


def facts_functions(folder):
    """(name, header) of each function of the headers that eddy has."""
    for line in (folder / "libevent-2.1-functions.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            name, header, _libraries = line.split()
            if header in HEADERS:
                yield name, header


def listed_functions():
    for line in FUNCTIONS.read_text().splitlines():
        words = line.split()
        if words and words[0] in HEADERS:
            yield words[1], words[0]


def check(folder):
    wrong = []
    if LAYOUT.read_text() != distilled_layout(folder):
        wrong.append(f"{LAYOUT} differs from the facts: run distill.py {folder}")
    facts, listed = set(facts_functions(folder)), set(listed_functions())
    wrong += [f"{FUNCTIONS}: {h} {n} is missing" for n, h in sorted(facts - listed)]
    wrong += [f"{FUNCTIONS}: {h} {n} is not in the facts" for n, h in sorted(listed - facts)]
    return wrong


def main(arguments):
    checking = arguments[:1] == ["--check"]
    folder = pathlib.Path(arguments[-1])
    if not (folder / "libevent-2.1-layout.txt").exists():
        print(f"SKIP: no facts at {folder}; the lists in {HERE} stand alone")
        return 77
    if not checking:
        LAYOUT.write_text(distilled_layout(folder))
    wrong = check(folder)
    print("\n".join(wrong) or "the lists agree with the facts")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
