"""A source that says which of its statements were passed. Pure."""

import ast

WORD = "__passed__"  # what a marked source calls, with `file:line` of the statement that comes
_BLOCKS = ("body", "orelse", "finalbody")


def marked(source: str, file: str) -> str:
    """Each statement inside of a function has its mark before it."""
    tree = ast.parse(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    inside = {id(node): node for function in functions for node in ast.walk(function)}
    for node in inside.values():
        for name in _BLOCKS:
            block = getattr(node, name, None)
            if isinstance(block, list):
                setattr(node, name, [each for statement in block for each in (*_mark(statement, file), statement)])
    return ast.unparse(ast.fix_missing_locations(tree))


def _mark(statement: ast.stmt, file: str) -> list[ast.stmt]:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return []  # a docstring stays the first
    call = ast.Call(ast.Name(WORD, ast.Load()), [ast.Constant(f"{file}:{statement.lineno}")], [])
    return [ast.Expr(call)]
