"""Templates in a small part of Jinja's language, each made into a Python function when it is first asked for.

They know `{{ … }}`, `if`, `for`, `set`, `macro`, `block`, `extends`, `include` and `import`; `|` gives what stands
before it to a word, `.` is a member of an object or of a dict. The rest of an expression is Python; a name that isn't
there is an error, and a fault is told at its line. What is put into a page is escaped, unless it was made as markup.

Jinja itself takes longer to import than a first page may take (`docs/decisions/0091-own-templates.md`). Not here: the
words (`rendering.py`). Counterpart: `templates/`, which are ours alone.
"""

import ast
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import CodeType, SimpleNamespace
from typing import Any, NoReturn

from markupsafe import Markup, escape

TAG = re.compile(r"(?m:^[ \t]*)?(?:\{%(?P<tag>.*?)%\}|\{#.*?#\})\n?|\{\{(?P<shown>.*?)\}\}", re.DOTALL)
"""A tag takes its line with it where it stands alone on one."""
WHOLE = "_template"

Names = Mapping[str, Any]


def member(value: Any, name: str) -> Any:  # noqa: ANN401 - whatever a page shows
    """What `value.name` is in a template."""
    return value[name] if isinstance(value, dict) else getattr(value, name)


OURS: dict[str, Any] = {
    "__builtins__": {},
    "_escape": escape,
    "_locals": locals,
    "_markup": Markup,
    "_member": member,
}
"""What the code of a template uses: no function of Python's own, so that a name that is missing is missed."""


class Templates:
    """The templates of a folder, and the words that all of them know."""

    def __init__(self, folder: Path, words: Names) -> None:
        self._folder = folder
        self._words = words
        self._made: dict[str, CodeType] = {}

    def render(self, name: str, shown: Names) -> Markup:
        """The template of this name as HTML."""
        names = {**self._words, **shown, **OURS}

        def run(name: str, blocks: dict[str, Callable[[], Markup]]) -> tuple[Markup, dict[str, Any]]:
            exec(self._code(name), names)  # noqa: S102 - made of our own files
            made: tuple[Markup, dict[str, Any]] = names[WHOLE](blocks)
            return made

        names["_extend"] = run
        names["_include"] = lambda name: run(name, {})[0]
        names["_import"] = lambda name: SimpleNamespace(**run(name, {})[1])
        return run(name, {})[0]

    def _code(self, name: str) -> CodeType:
        if name not in self._made:
            path = self._folder / name
            self._made[name] = made(path.read_text("utf-8"), str(path))
        return self._made[name]


def made(text: str, path: str) -> CodeType:
    """A template as Python. Raises `SyntaxError` with the line of what is wrong."""
    source = _Source(path)
    place = 0
    for found in TAG.finditer(text):
        source.says(text[place : found.start()])
        place = found.end()
        source.line = 1 + text.count("\n", 0, found.start())
        if found["shown"] is not None:
            source.add(f"_out(_escape({_in_one_line(found['shown'])}))")
        elif found["tag"] is not None:
            source.tag(*f"{_in_one_line(found['tag'])} ".split(" ", 1))
    source.says(text[place:].removesuffix("\n"))
    return source.compiled()


class _Source:
    """A template on its way to Python: lines of code, and the line of the template that each is of."""

    def __init__(self, path: str) -> None:
        self.line = 1
        self._path = path
        self._base = ""
        self._open: list[str] = []
        self._lines: list[str] = []
        self._of: list[int] = [0]
        self._function(f"{WHOLE}(_blocks)")

    def add(self, code: str) -> None:
        self._lines.append(f"{' ' * (len(self._open) + 1)}{code}")
        self._of.append(self.line)

    def says(self, text: str) -> None:
        if text:
            self.add(f"_out({text!r})")

    def tag(self, word: str, rest: str) -> None:
        """One `{% … %}`."""
        rest = rest.strip()
        match word:
            case "if" | "for":
                self._begin(word, f"{word} {rest}:")
            case "elif" | "else" if self._open and self._open[-1] == "if":
                self._open.pop()
                self._begin("if", f"{word} {rest}:")
            case "macro":
                self._begin(word, f"def {rest}:")
            case "block":
                self._begin(f"block {rest}", f"def _{rest}():")
            case "set":
                self.add(rest)
            case "include":
                self.add(f"_out(_include({rest}))")
            case "import":
                name, _, kept = rest.partition(" as ")
                self.add(f"{kept} = _import({name})")
            case "extends":
                self._base = rest
            case _ if word.startswith("end") and self._open and self._open[-1].split()[0] == word[3:]:
                self._end(*self._open[-1].split())
            case _:
                self._wrong(f"'{word}' has no place here")

    def _begin(self, kind: str, head: str) -> None:
        self.add(head)
        self._open.append(kind)
        self.add("pass")
        if kind not in {"if", "for"}:
            self._opened()

    def _function(self, head: str) -> None:
        self._lines.append(f"def {head}:")
        self._of.append(self.line)
        self._opened()

    def _opened(self) -> None:
        self.add("_parts = []; _out = _parts.append")

    def _end(self, kind: str, name: str = "") -> None:
        if kind in {"macro", "block"}:
            self.add("return _markup(''.join(_parts))")
        self._open.pop()
        if kind == "block" and self._base:
            self.add(f"_blocks.setdefault({name!r}, _{name})")
        elif kind == "block":
            self.add(f"_out(_blocks.get({name!r}, _{name})())")

    def compiled(self) -> CodeType:
        """The whole. What follows a base but its blocks is left out."""
        if self._open:
            self._wrong(f"'{self._open[-1]}' isn't ended")
        self.add(
            f"return _extend({self._base}, _blocks)" if self._base else "return _markup(''.join(_parts)), _locals()"
        )
        code: CodeType = compile(self._parsed(), self._path, "exec")
        return code

    def _parsed(self) -> ast.Module:
        try:
            tree = ast.parse("\n".join(self._lines))
        except SyntaxError as fault:
            self.line = self._of[fault.lineno or 0]
            self._wrong(fault.msg)
        _Members(self._of).visit(tree)
        return tree

    def _wrong(self, said: str) -> NoReturn:
        raise SyntaxError(said, (self._path, self.line, None, None))


class _Members(ast.NodeTransformer):
    """`a.b` as a member, `a | f(b)` as a call; and every line as that of the template."""

    def __init__(self, lines: list[int]) -> None:
        self._lines = lines

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.expr | ast.stmt):
            node.lineno = node.end_lineno = self._lines[node.lineno]
            node.col_offset = node.end_col_offset = 0
        made: ast.AST = super().visit(node)
        return made

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """A method is one of the object's own."""
        if isinstance(node.func, ast.Attribute):
            node.func.value = self.visit(node.func.value)  # type: ignore[assignment] # an expression stays one
            node.func.lineno = node.func.end_lineno = node.lineno
            node.args = [self.visit(one) for one in node.args]  # type: ignore[misc] # the same
            node.keywords = [self.visit(one) for one in node.keywords]  # type: ignore[misc] # the same
            return node
        return self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        return _call(node, "_member", node.value, ast.Constant(node.attr))

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.op, ast.BitOr):
            return node
        word = node.right
        if isinstance(word, ast.Call):
            word.args.insert(0, node.left)
            return word
        return ast.copy_location(ast.Call(word, [node.left], []), node)


def _call(place: ast.expr, name: str, *given: ast.expr) -> ast.AST:
    made = ast.Call(ast.Name(name, ast.Load()), list(given), [])
    return ast.fix_missing_locations(ast.copy_location(made, place))


def _in_one_line(text: str) -> str:
    return " ".join(text.split("\n")).strip()
