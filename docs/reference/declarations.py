"""Finds the declarations of a C++ header of eddy's: enough of C++ for that, and no more."""

import dataclasses
import re

SCOPE = re.compile(r"(?:inline )?(namespace|class|struct|union|enum)\b")
ACCESS = re.compile(r"(public|protected|private)\s*$")
TOKEN = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])'|^[ \t]*#(?:\\\n|[^\n])*"
                   r"|\[\[.*?\]\]|\w+|\s+|.", re.S | re.M)


@dataclasses.dataclass
class Declaration:
    head: str    # its code, up to the body
    first: int   # lines, from 0
    last: int
    scope: str   # of what it stands in: namespace, class, enum, ...
    public: bool


@dataclasses.dataclass
class _Scope:
    kind: str
    public: bool
    opened: Declaration = None


def without_template_head(head):
    """Without attributes, `template <...>` and `requires ...` before what is declared."""
    head = re.sub(r"\[\[.*?\]\]", " ", head, flags=re.S).replace("EDDY_API", " ")
    head = head.replace("EDDY_NAMED_BY_TRANSFER", " ").strip()
    while head.startswith("template"):
        depth, at = 0, head.index("<")
        for at in range(at, len(head)):
            depth += {"<": 1, ">": -1}.get(head[at], 0) if head[at - 1:at + 1] != "->" else 0
            if depth == 0:
                break
        head = head[at + 1:].strip()
    return re.sub(r"\s+", " ", head)


class Reader:
    """Goes through a header, and keeps what is declared at the level of namespaces and classes."""

    def __init__(self, text):
        self.found = []
        self.scopes = [_Scope("namespace", True)]
        self.line = 0
        self.begin()
        tokens = TOKEN.findall(text)
        for at, token in enumerate(tokens):
            self.take(token, next((t for t in tokens[at + 1:at + 9] if t.strip()), ""))
            self.line += token.count("\n")

    def begin(self):
        self.head, self.first, self.body = "", None, 0
        self.parentheses = 0

    def end(self):
        if self.first is not None:
            scope = self.scopes[-1]
            self.found.append(Declaration(self.head.strip(), self.first, self.line, scope.kind,
                                          scope.public))
        self.begin()

    def take(self, token, following):
        if token.startswith(("//", "/*")) or token.lstrip().startswith("#"):
            return
        if self.body:
            self.take_in_body(token, following)
        elif not token.strip():
            self.head += " " if self.first is not None else ""
        elif token == "{" and self.parentheses == 0:
            self.open_brace()
        elif token == "}" and self.parentheses == 0:
            self.end()
            scope = self.scopes.pop()
            if scope.opened is not None:
                scope.opened.last = self.line
            self.begin()
        elif token == ";" and self.parentheses == 0:
            self.end()
        elif token == "," and self.scopes[-1].kind == "enum" and self.parentheses == 0:
            self.end()
        elif token == ":" and (access := ACCESS.match(self.head)):
            self.scopes[-1].public = access[1] == "public"
            self.begin()
        else:
            self.parentheses += {"(": 1, ")": -1}.get(token, 0)
            if self.first is None:
                self.first = self.line
            self.head += token

    def open_brace(self):
        kind = SCOPE.match(without_template_head(self.head))
        if kind is None:
            self.body = 1
            return
        self.end()
        public = self.scopes[-1].public and kind[1] != "class"
        self.scopes.append(_Scope(kind[1], kind[1] != "class" and public, self.found[-1]))

    def take_in_body(self, token, following):
        self.body += {"{": 1, "}": -1}.get(token, 0)
        # `a{1}, b{2} {}` of a constructor goes on, and so does `int a{1};`.
        if self.body == 0 and following not in (",", "{", ";"):
            self.end()


def declarations(text):
    """Of two branches of an #if, of the first."""
    text = re.sub(r"^#el(?:se|if).*?(?=^#endif)", lambda m: "\n" * m[0].count("\n"), text,
                  flags=re.S | re.M)
    return sorted(Reader(text).found, key=lambda d: (d.first, -d.last))
