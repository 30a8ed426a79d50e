#!/usr/bin/env python3
"""Doxygen's INPUT_FILTER: prints a header of eddy's with its plain comments as Doxygen wants them.

The head of a file describes the file. A comment above a declaration belongs to it, and to those
that follow without a blank line in between. A class without one is described by the head of its file, an
awaitable by what the compiler says of one that is not awaited. What everybody knows is left out: copying, moving and
destroying, what a co_await calls, forward declarations, and namespace eddy::detail."""

import pathlib
import re
import sys

from declarations import declarations, without_template_head

COMMENT = re.compile(r"^\s*//(.*)$")
TRAILING = re.compile(r"^(.*[;,{})\w].*?)\s+// (.*)$")
# What has its meaning from the language or from the standard library.
WELL_KNOWN = re.compile(
    r"(?:^|[ *&])(?:await_ready|await_suspend|await_resume|await_result|begin|failure)\s*\("
    r"|^using (?:value_type|promise_type|iterator)\b|^using [\w:]+;|^using \w+::\w+"
    r"|^friend\b|^static_assert\b|operator ?(?:=|==|<=>|co_await|bool|\*|->)\s*\(|^~|^virtual ~|~\w+\("
    r"|= default\b|= delete\b")


# Of every class that has them.
CONVENTIONAL = {
    "data": "Where it begins.",
    "size": "How much there is.",
    "empty": "Whether there is nothing.",
    "is_open": "Whether it was opened, and not closed since.",
}
CLASS = re.compile(r"(?:class|struct|enum class|enum) (\w+)")


def is_hidden(declaration):
    head = without_template_head(declaration.head)
    if not declaration.public:
        return True
    if re.match(r"namespace (?:eddy::)?detail\b|struct std::", head):
        return True
    if re.match(r"template\s*<\s*>", declaration.head):
        return True
    if re.match(r"(?:class|struct) \w+$", head) and declaration.is_forward:
        return True
    if declaration.scope == "namespace" and re.match(r"\w+\(.*\) ->", head):
        return True
    if re.match(r"(?:explicit |constexpr )*(\w+)\(\s*(?:const )?\1 ?&", head):
        return True
    if re.match(r"(?:explicit )?(?:\w+_operation|as_result|with_\w+)\(", head):
        return True  # the constructors of awaitables, which functions call
    return WELL_KNOWN.search(head.split("{")[0]) is not None


def escaped(text):
    """Doxygen takes much for a command that is only a character."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(p if p.startswith("`") else re.sub(r"([<>@#\\&$%])", r"\\\1", p) for p in parts)


def documentation(lines):
    """The text of comment lines, as lines of Doxygen's; what is indented is code."""
    out, in_code, before = [], False, ""
    for line in lines:
        text = COMMENT.match(line)[1]
        code = text.startswith("   ") and (in_code or not before.strip())
        out.append("///" + ("    " + text if code else escaped(text)))
        in_code = code or (in_code and not text.strip())
        before = text
    return out


def head_of_file(lines):
    """How many lines the comment at the top has, and what it becomes."""
    count = next(i for i, line in enumerate(lines) if not COMMENT.match(line))
    if count == 0:
        return 0, []
    name, _, brief = lines[0].removeprefix("// ").partition(" - ")
    return count, ["/// \\file " + name, *documentation(["// " + brief, *lines[1:count]])]


class Filter:
    def __init__(self, text):
        self.lines = text.splitlines()
        self.before = {}  # by line: what to print before it
        self.after = {}
        self.dropped = set()
        self.trailing = set()
        self.found = declarations(text)
        for d in self.found:
            code = self.lines[d.last].split("//")[0]
            d.is_forward = d.first == d.last and "{" not in code or d.head.find("{") < 0 and \
                self.lines[d.last].rstrip().endswith(";") and not self.opens(d)

    def opens(self, d):
        return any(d.first < e.first <= d.last for e in self.found) or "{" in "".join(
            self.lines[d.first:d.last + 1])

    def run(self):
        count, head = head_of_file(self.lines)
        self.head = head
        hidden_until = -1
        for d in self.found:
            if d.first <= hidden_until:
                continue
            if is_hidden(d):
                hidden_until = d.last
                self.hide(d)
            elif not self.has_trailing(d):
                self.describe(d, count)
        print("\n".join(head))
        for number, line in enumerate(self.lines[count:], count):
            self.emit(number, line)

    def hide(self, d):
        self.before.setdefault(d.first, []).append("/// \\cond")
        self.after.setdefault(d.last, []).append("/// \\endcond")

    def has_trailing(self, d):
        match = TRAILING.match(self.lines[d.last])
        if match is None or (d.scope == "namespace" and self.opens(d)):
            return False
        self.trailing.add(d.last)
        return True

    def describe(self, d, head_ends):
        """By the nearest comment above, with no blank line in between."""
        if d.scope == "enum" and "{" in self.lines[d.first]:
            return  # all on one line
        at = d.first - 1
        while at >= head_ends and self.lines[at].strip() and not self.is_comment(at) \
                and not self.starts_scope(at):
            at = self.before_function(at)
        last = at
        while at >= head_ends and self.is_comment(at):
            at -= 1
        if at == last or (last != d.first - 1 and self.conventional(d)):
            self.before.setdefault(d.first, []).extend(self.otherwise(d))
        else:
            self.dropped.update(range(at + 1, last + 1))
            self.before.setdefault(d.first, []).extend(documentation(self.lines[at + 1:last + 1]))

    def otherwise(self, d):
        """Of what has no comment."""
        head = without_template_head(d.head)
        if name := CLASS.match(head):
            told = re.search(r'nodiscard\(\s*((?:"[^"]*"\s*)+)\)', d.head)
            file = self.head[0].split()[-1] if self.head else ""
            if file == f"eddy/{name[1]}.hpp":
                return self.head[1:]
            if told and "_operation" in name[1]:
                return ["/// To be awaited: " + re.sub(r'"\s*"|"', "", told[1]).strip() + "."]
            if re.search(rf"\b{name[1]}\b", "\n".join(self.head[1:])):
                return [f"/// See the description of {file}."]
        return self.conventional(d)

    def conventional(self, d):
        called = re.search(r"(\w+)\(", without_template_head(d.head))
        told = CONVENTIONAL.get(called[1]) if called else None
        return ["/// " + told] if told else []

    def before_function(self, number):
        """The line before what stands on this one."""
        return min((d.first for d in self.found if d.first <= number == d.last
                    or d.first <= number <= d.last and not self.holds_declarations(d)),
                   default=number) - 1

    def is_comment(self, number):
        """Not one in the body of a function."""
        return COMMENT.match(self.lines[number]) is not None and not any(
            d.first <= number <= d.last and not self.holds_declarations(d) for d in self.found)

    def holds_declarations(self, d):
        return re.match(r"(?:inline )?(?:namespace|class|struct|union|enum)\b",
                        without_template_head(d.head)) is not None

    def starts_scope(self, number):
        return re.match(r"\s*(?:public|protected|private):", self.lines[number]) is not None or any(
            self.holds_declarations(d) and not d.is_forward and d.first <= number < d.last
            and self.lines[number].rstrip().endswith("{") and number <= d.first + 4
            for d in self.found)

    def emit(self, number, line):
        for added in self.before.get(number, ()):
            print(added)
        if number in self.trailing:
            line = TRAILING.sub(lambda m: f"{m[1]}  ///< {escaped(m[2])}", line)
        if number not in self.dropped:
            print(line)
        for added in self.after.get(number, ()):
            print(added)


if __name__ == "__main__":
    Filter(pathlib.Path(sys.argv[1]).read_text()).run()
