"""eddy run and eddy run --check: test_check.py EDDY"""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import sides

EDDY = sys.argv[1]
del sys.argv[1:]


def eddy(*words):
    return subprocess.run([EDDY, "run", *words], capture_output=True, text=True, check=False,
                          timeout=60)


def compiled(folder, text, *libraries):
    source = os.path.join(folder, "program.c")
    program = os.path.join(folder, "program")
    with open(source, "w", encoding="utf-8") as file:
        file.write(text)
    subprocess.run(["cc", "-w", source, "-o", program, *libraries], check=True)
    return program


class CheckTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def test_memcached_finds_all_that_it_imports(self):
        done = eddy("--check", sides.program("memcached"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("has all functions", done.stdout)

    def test_a_function_that_eddy_lacks_is_named_before_the_program_starts(self):
        if not os.path.exists("/usr/include/event2/http.h"):
            self.skipTest("libevent-dev is not installed")
        program = compiled(self.folder.name, """
            #include <event2/event.h>
            #include <event2/http.h>
            #include <stdio.h>
            int main(void) {
              puts("started");
              if (event_base_new() == NULL) evhttp_new(NULL);
              return 0;
            }""", "-levent")
        done = eddy("--check", program)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout, "")
        self.assertIn("1 function that eddy does not have yet:\n  evhttp_new\n", done.stderr)

    def test_a_variable_that_eddy_lacks_is_named_however_the_program_refers_to_it(self):
        if not os.path.exists("/usr/include/event2/event.h"):
            self.skipTest("libevent-dev is not installed")
        for flags in (["-fno-pie", "-no-pie"], ["-fPIE", "-pie"], ["-fPIC", "-pie"]):
            program = compiled(self.folder.name, """
                #include <event2/event.h>
                extern int event_debug_mode_on_;
                int main(void) {
                  struct event_base *base = event_base_new();
                  return event_debug_mode_on_ && base;
                }""", *flags, "-levent_core")
            done = eddy("--check", program)
            self.assertEqual((done.returncode, done.stdout), (1, ""), flags)
            self.assertIn("1 symbol that eddy does not have:\n"
                          "  event_debug_mode_on_ (a variable)\n", done.stderr)

    def test_what_a_program_can_do_without_is_not_missing(self):
        if not os.path.exists("/usr/include/event2/event.h"):
            self.skipTest("libevent-dev is not installed")
        program = compiled(self.folder.name, """
            #include <event2/event.h>
            extern void event_of_a_later_version(void) __attribute__((weak));
            int main(void) {
              if (event_of_a_later_version) event_of_a_later_version();
              return event_base_new() == NULL;
            }""", "-fPIC", "-levent_core")
        self.assertEqual(eddy("--check", program).returncode, 0)
        self.assertEqual(eddy(program).returncode, 0)

    def test_a_program_of_the_system_compiler_runs_with_its_arguments_and_status(self):
        if not os.path.exists("/usr/include/event2/event.h"):
            self.skipTest("libevent-dev is not installed")
        program = compiled(self.folder.name, """
            #include <event2/event.h>
            #include <stdio.h>
            #include <stdlib.h>
            int main(int count, char **words) {
              struct event_base *base = event_base_new();
              printf("%s %s\\n", words[1], base ? "has a base" : "");
              return atoi(words[2]);
            }""", "-levent_core")
        done = eddy(program, "--word", "7")
        self.assertEqual((done.returncode, done.stdout), (7, "--word has a base\n"))

    def test_what_is_not_for_libevent_is_refused_with_a_reason(self):
        for word, said in ((shutil.which("true"), "does not use libevent"),
                           (__file__, "not a program for the loader"),
                           ("/no/such/program", "there is no program"),
                           ("no-such-program-at-all", "in PATH")):
            done = eddy(word)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(said, done.stderr)

    def test_help_explains(self):
        self.assertIn("--check", eddy("--help").stdout)
        self.assertEqual(eddy().returncode, 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
