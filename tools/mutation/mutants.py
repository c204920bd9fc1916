"""Every small defect that can be put into a source: another comparison, a wrong number, a statement left out. Pure."""

import ast
import copy
from collections.abc import Iterator
from typing import NamedTuple

COMPARISONS: dict[type[ast.cmpop], list[type[ast.cmpop]]] = {
    ast.Lt: [ast.LtE, ast.GtE],
    ast.LtE: [ast.Lt, ast.Gt],
    ast.Gt: [ast.GtE, ast.LtE],
    ast.GtE: [ast.Gt, ast.Lt],
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
    ast.Is: [ast.IsNot],
    ast.IsNot: [ast.Is],
    ast.In: [ast.NotIn],
    ast.NotIn: [ast.In],
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
}
SWAPPED = {"min": "max", "max": "min", "any": "all", "all": "any"}
# What is for readers and the type checker, or says how a Struct is kept in memory.
FOR_READERS: dict[type[ast.AST], tuple[str, ...]] = {
    ast.AnnAssign: ("annotation",),
    ast.arg: ("annotation",),
    ast.FunctionDef: ("returns", "decorator_list"),
    ast.ClassDef: ("keywords", "decorator_list"),
}
_OUTSIDE = "<module>"
_JOINED = (ast.List, ast.Tuple, ast.JoinedStr, ast.ListComp)  # + puts these together: - would only raise


class Mutant(NamedTuple):
    """`before` at `start` (a byte of the file) becomes `after`; `function` is where, `<module>` outside of any.

    `statement` is the line where the innermost statement of that function begins, 0 outside of any.
    """

    file: str
    line: int
    function: str
    before: str
    after: str
    start: int
    statement: int = 0

    @property
    def change(self) -> str:
        return f"{_one_line(self.before)} → {_one_line(self.after)}"


def mutants(source: str, file: str) -> list[Mutant]:
    """All of them, in the order of the text."""
    return sorted(_Finder(source, file).found(), key=lambda one: (one.start, one.after))


def mutated(source: str, mutant: Mutant) -> str:
    data, before = source.encode(), mutant.before.encode()
    end = mutant.start + len(before)
    assert data[mutant.start : end] == before, mutant
    return (data[: mutant.start] + mutant.after.encode() + data[end:]).decode()


class _Finder:
    def __init__(self, source: str, file: str) -> None:
        self._data = source.encode()
        self._file = file
        self._lines = [0]
        for line in source.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line.encode()))
        self._tree = ast.parse(source)

    def found(self) -> Iterator[Mutant]:
        yield from self._walk(self._tree, _OUTSIDE, 0)

    def _walk(self, node: ast.AST, function: str, statement: int) -> Iterator[Mutant]:
        """Leaves out texts, imports, and what is for readers."""
        if isinstance(node, ast.JoinedStr | ast.Import | ast.ImportFrom):
            return
        if isinstance(node, ast.stmt) and function != _OUTSIDE:
            statement = node.lineno
        if isinstance(node, ast.FunctionDef):
            function = node.name
        for changed in self._changes(node):
            yield self._mutant(node if changed.at is None else changed.at, changed.after, function, statement)
        for name, value in ast.iter_fields(node):
            if name in FOR_READERS.get(type(node), ()):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and not _is_docstring(child):
                    yield from self._walk(child, function, statement)

    def _changes(self, node: ast.AST) -> Iterator["_Change"]:
        match node:
            case ast.Compare():
                yield from _compared(node)
            case ast.BoolOp():
                other = copy.copy(node)
                other.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
                yield _Change(f"({ast.unparse(other)})")
            case ast.UnaryOp(op=ast.Not()):
                yield _Change(f"bool({ast.unparse(node.operand)})")
            case ast.If() | ast.While() | ast.IfExp() | ast.comprehension():
                tests = node.ifs if isinstance(node, ast.comprehension) else [node.test]
                for test in tests:
                    if not isinstance(test, ast.Compare | ast.UnaryOp):
                        yield _Change(f"(not ({ast.unparse(test)}))", test)
            case ast.Constant(value=bool()):
                yield _Change(str(not node.value))
            case ast.Constant(value=int() | float() as number):
                yield _Change(repr(number + 1))
            case ast.BinOp(op=op) if type(op) in ARITHMETIC and not _is_joining(node):
                other_sum = copy.copy(node)
                other_sum.op = ARITHMETIC[type(op)]()
                yield _Change(f"({ast.unparse(other_sum)})")
            case ast.Call(func=ast.Name(id=name)) if name in SWAPPED:
                yield _Change(SWAPPED[name], node.func)
            case ast.Expr(value=ast.Call()) | ast.AugAssign():
                yield _Change("pass")
            case ast.Return(value=ast.expr() as value) if ast.unparse(value) not in ("None", "False"):
                yield _Change("return None")

    def _mutant(self, node: ast.AST, after: str, function: str, statement: int) -> Mutant:
        start, end = self._place(node)
        before = self._data[start:end].decode()
        return Mutant(self._file, _at(node, "lineno"), function, before, after, start, statement)

    def _place(self, node: ast.AST) -> tuple[int, int]:
        """Columns of the tree are bytes."""
        start = self._lines[_at(node, "lineno") - 1] + _at(node, "col_offset")
        return start, self._lines[_at(node, "end_lineno") - 1] + _at(node, "end_col_offset")


class _Change(NamedTuple):
    after: str
    at: ast.AST | None = None


def _compared(node: ast.Compare) -> Iterator[_Change]:
    for place, op in enumerate(node.ops):
        for kind in COMPARISONS[type(op)]:
            other = copy.copy(node)
            other.ops = [*node.ops[:place], kind(), *node.ops[place + 1 :]]
            yield _Change(f"({ast.unparse(other)})")


def _is_joining(node: ast.BinOp) -> bool:
    sides = (node.left, node.right)
    return any(
        isinstance(one, _JOINED) or (isinstance(one, ast.Constant) and isinstance(one.value, str)) for one in sides
    )


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _at(node: ast.AST, name: str) -> int:
    found: int = getattr(node, name)
    return found


def _one_line(text: str) -> str:
    return " ".join(text.split())
