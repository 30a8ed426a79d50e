"""Turns the lists of facts into C programs that check our headers.

One program a header: it includes that header alone, so that each name must come from where libevent
has it, compares everything with the facts, prints what differs, and returns 1 if something does.
"""

import pathlib

HERE = pathlib.Path(__file__).resolve().parent

PROLOGUE = """\
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <{header}>

static int failures;

static void expect(int holds, const char *what) {{
  if (holds) return;
  ++failures;
  printf("{header}: %s\\n", what);
}}

/* Evaluates to the arguments' text after macros were replaced, and counts on the preprocessor to
 * refuse a wrong number of them. */
#define TEXT_(...) #__VA_ARGS__
#define TEXT(...) TEXT_(__VA_ARGS__)

int main(void) {{
"""

EPILOGUE = """\
  return failures == 0 ? 0 : 1;
}
"""


def facts(name):
    for line in (HERE / name).read_text().splitlines():
        if line and not line.startswith("#"):
            yield line


def expect(condition, what):
    text = what.replace("\\", "\\\\").replace('"', '\\"')
    return f'  expect({condition}, "{text}");'


def same_type(expression, kind):
    return f"__builtin_types_compatible_p(__typeof__({expression}), {kind})"


def if_defined(name, lines):
    return [f"#ifdef {name}", *lines, "#else", expect("0", f"macro {name} is missing"), "#endif"]


def check_member(struct, path, offset, size, kind):
    place = f"((struct {struct} *)0)->{path}"
    where = f"struct {struct}, {path}"
    yield expect(f"offsetof(struct {struct}, {path}) == {offset}",
                 f"{where}: offset is not {offset}")
    yield expect(f"sizeof({place}) == {size}", f"{where}: size is not {size}")
    if kind:
        yield expect(same_type(place, kind), f"{where}: type is not {kind}")


def check_fact(line):
    """The header of a fact (None: that of the fact before) and the lines that check it."""
    kind, name, *rest = line.split()
    if kind == "struct":
        size, alignment, header = rest
        return header, [
            expect(f"sizeof(struct {name}) == {size}", f"struct {name}: size is not {size}"),
            expect(f"_Alignof(struct {name}) == {alignment}",
                   f"struct {name}: alignment is not {alignment}")]
    if kind == "member":
        path, offset, size = rest[:3]
        return None, list(check_member(name, path, offset, size, " ".join(rest[3:])))
    if kind == "type":
        size, sign, header = rest
        comparison = "<" if sign == "signed" else ">"
        return header, [
            expect(f"sizeof({name}) == {size}", f"{name}: size is not {size}"),
            expect(f"({name})-1 {comparison} ({name})1", f"{name}: is not {sign}")]
    if kind == "alias":
        system, header = rest
        return header, if_defined(name, [
            expect(same_type(f"*(struct {name} *)0", f"struct {system}"),
                   f"{name} is not the system's {system}")])
    if kind == "opaque":
        return rest[0], [f"  {{ struct {name} *unused = NULL; (void)unused; }}"]
    if kind == "enumerator":
        return rest[1], [expect(f"{name} == {rest[0]}", f"{name} is not {rest[0]}")]
    if kind == "typedef":
        return rest[0], [expect(same_type(f"({name})0", " ".join(rest[1:])),
                                f"{name} is not {' '.join(rest[1:])}")]
    if kind == "integer":
        return rest[1], if_defined(name, [
            expect(f"(unsigned long long)({name}) == {rest[0]}ULL", f"{name} is not {rest[0]}")])
    if kind == "string":
        text = line.split(" ", 3)[3]
        return rest[0], if_defined(name, [expect(f"strcmp({name}, {text}) == 0",
                                                 f"{name} is not {text}")])
    if kind == "defined":
        return rest[0], if_defined(name, ["  /* as it should be */"])
    if kind == "arguments":
        count, header = int(rest[0]), rest[1]
        call = f"{name}({', '.join('abc'[i % 3] * (i // 3 + 1) for i in range(count))})"
        return header, if_defined(name, [
            expect(f'strcmp(TEXT({call}), "{name}") != 0', f"{name} has no contents")])
    raise ValueError(f"unknown fact: {line}")


def programs():
    """The text of one program for each header."""
    checks = {}
    header = None
    for line in facts("expected_layout.txt"):
        named, lines = check_fact(line)
        header = named or header
        checks.setdefault(header, []).extend(lines)
    for line in facts("expected_functions.txt"):
        header, name, *kind = line.split()
        if header == "-":
            continue
        kind = " ".join(kind)
        checks.setdefault(header, []).append(
            expect(same_type(name, kind), f"function {name}: type is not {kind}"))
    return {header: PROLOGUE.format(header=header) + "\n".join(lines) + "\n" + EPILOGUE
            for header, lines in checks.items()}
