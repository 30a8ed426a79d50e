#!/usr/bin/env python3
"""Whether a translated guide has the chapters, and in them the code blocks, of the original.

usage: check_translations.py ORIGINAL TRANSLATION

Comments of C and C++ may differ, all else must not: so what is compiled and run in one language is
right in the other. Links between the chapters must lead to files.
"""

import pathlib
import re
import sys


def blocks(text):
    found = re.findall(r"^```(\w+)\n(.*?)^```$", text, re.M | re.S)
    return [(kind, re.sub(r"\s*//[^\n]*", "", body) if kind in ("c", "cpp") else body)
            for kind, body in found]


def faults(original, translation):
    chapters = sorted(p.name for p in original.glob("*.md"))
    if not chapters or chapters != sorted(p.name for p in translation.glob("*.md")):
        yield f"{translation} has not the chapters of {original}: {chapters}"
        return
    for name in chapters:
        here, there = ((folder / name).read_text() for folder in (original, translation))
        ours, theirs = blocks(here), blocks(there)
        if len(ours) != len(theirs):
            yield f"{name}: {len(ours)} blocks, but {len(theirs)} in the translation"
        for number, (a, b) in enumerate(zip(ours, theirs), 1):
            if a != b:
                yield f"{name}: block {number} differs in the translation"
        for folder, text in ((original, here), (translation, there)):
            prose = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
            for target in re.findall(r"\]\(([^)#:]+)\)", prose):
                if not (folder / target).exists():
                    yield f"{folder.name}/{name}: there is no {target}"


def main():
    found = list(faults(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])))
    print("\n".join(found) if found else "the same blocks in both")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
