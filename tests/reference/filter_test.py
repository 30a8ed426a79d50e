#!/usr/bin/env python3
"""What docs/reference/filter.py makes of comments, and of what has none."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

FILTER = pathlib.Path(__file__).resolve().parents[2] / "docs" / "reference" / "filter.py"


def filtered(text):
    with tempfile.NamedTemporaryFile("w", suffix=".hpp") as header:
        header.write("// eddy/thing.hpp - things.\n#pragma once\n\nnamespace eddy {\n\n" + text +
                     "\n\n}  // namespace eddy\n")
        header.flush()
        done = subprocess.run([sys.executable, str(FILTER), header.name], capture_output=True,
                              text=True, check=True)
    return done.stdout


def described(text, code):
    """The documentation that stands right before a line with this code."""
    lines = filtered(text).splitlines()
    at = next(i for i, line in enumerate(lines) if code in line)
    first = at
    while lines[first - 1].startswith("///"):
        first -= 1
    return "\n".join(lines[first:at])


class Filter(unittest.TestCase):
    def test_a_comment_belongs_to_what_stands_below(self):
        self.assertEqual(described("// Does it.\nvoid f();", "void f"), "/// Does it.")

    def test_a_comment_holds_until_the_next_blank_line(self):
        text = "// Both.\nint f();\nint g() { return 1; }\n\nint h();"
        self.assertEqual(described(text, "int g"), "/// Both.")
        self.assertEqual(described(text, "int h"), "")

    def test_a_comment_in_a_body_does_not_get_out(self):
        text = "// Of f.\nint f() {\n  // a reason\n  return 1;\n}\nint g();"
        self.assertEqual(described(text, "int g"), "/// Of f.")

    def test_a_comment_of_a_class_is_not_its_members(self):
        text = "// A class.\nstruct a {\n  int b;\n};"
        self.assertEqual(described(text, "struct a"), "/// A class.")
        self.assertEqual(described(text, "int b"), "")

    def test_a_comment_behind_a_member_is_its_own(self):
        self.assertIn("int b = 0;  ///< bytes", filtered("struct a {\n  int b = 0;  // bytes\n};"))

    def test_characters_that_are_commands_elsewhere_are_characters(self):
        self.assertIn("a task\\<T\\> of \\@x, `b<c>`",
                      described("// It is a task<T> of @x, `b<c>`.\nint f();", "int f"))

    def test_what_is_indented_is_code(self):
        text = "// So:\n//\n//   f<int>();\nint f();"
        self.assertIn("///       f<int>();", described(text, "int f"))

    def test_the_rest_of_the_world_is_left_out(self):
        for code in ("namespace detail {\nint x;\n}", "struct forward;",
                     "class a {\n public:\n  a(const a&) = delete;\n};",
                     "class a {\n public:\n  bool await_ready() const { return false; }\n};",
                     "class a {\n  int hidden;\n};"):
            self.assertIn("/// \\cond", filtered(code), code)

    def test_a_public_name_without_a_comment_stays_without(self):
        shown = filtered("class a {\n public:\n  explicit a(int n) : n_{n}, m_(1) {}\n  int b();\n};")
        self.assertNotIn("\\cond", shown)
        self.assertEqual(shown.count("///"), 2)


if __name__ == "__main__":
    unittest.main()
