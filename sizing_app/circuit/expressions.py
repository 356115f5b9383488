"""Arithmetic from circuit files, model libraries and testbenches, without ``eval``: numbers, names, + - * / **
and ==, and calls of FUNCTIONS or of those that the caller offers."""

import ast
import functools
import math
import operator
import re
from collections.abc import Callable, Mapping

from sizing_app.circuit.units import parse_si


def _power(base, exponent):
    """Raises ArithmeticError where Python would make a complex number of two real ones."""
    result = base ** exponent
    if type(result) is complex:
        raise ArithmeticError(f"{base:g} has no real power {exponent:g}")
    return result


_OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
              ast.Pow: _power, ast.USub: operator.neg, ast.UAdd: operator.pos}
FUNCTIONS = {"sqrt": math.sqrt, "abs": abs, "min": min, "max": max, "exp": math.exp, "ln": math.log, "log": math.log,
             "log10": math.log10, "pow": math.pow, "int": math.trunc, "floor": math.floor, "ceil": math.ceil}
"""As in ngspice (manual, section 2.8.5): log is the natural logarithm."""
_SI_NUMBER = re.compile(r"(?<![\w.])(\d+(?:\.\d*)?|\.\d+)(meg|[fpnumkgt])(?![\w.])", re.IGNORECASE)

LONGEST = 1000
"""Characters of an expression."""
DEEPEST = 50
"""Levels of an expression."""


class ExpressionError(ValueError):
    """The text is no arithmetic, or names something unknown."""


class NoValue(ExpressionError):
    """The arithmetic has no finite value for these numbers: a division by zero, an overflow."""


def evaluate(text: str, names: Mapping[str, float]) -> float:
    """Value of an arithmetic expression such as ``w_psrc/2`` or ``0.3*supply + 150m``."""
    text = _plain_numbers(text)
    try:
        value = float(_value(_parsed(text).body, names, FUNCTIONS))
    except ExpressionError:
        raise
    except (ArithmeticError, ValueError) as error:
        raise NoValue(f"{text!r}: {error}") from None
    except TypeError as error:
        raise ExpressionError(f"{text!r}: {error}") from None
    if not math.isfinite(value):
        raise NoValue(f"{text!r} is not finite")
    return value


def compute(text: str, names: Mapping[str, object], functions: Mapping[str, Callable]) -> object:
    """Value of an expression over whatever ``names`` hold, numbers or arrays of them, with calls of ``functions``.

    What a function raises passes, samples need not be finite. Raises NoValue where numbers have no value.
    """
    text = _plain_numbers(text)
    try:
        return _value(_parsed(text).body, names, functions)
    except ArithmeticError as error:
        raise NoValue(str(error)) from None
    except TypeError as error:
        raise ExpressionError(f"{text!r}: {error}") from None


def names_in(text: str) -> set[str]:
    """The names an expression refers to."""
    called = {id(node.func) for node in _nodes(text) if isinstance(node, ast.Call)}
    return {node.id for node in _nodes(text) if isinstance(node, ast.Name) and id(node) not in called}


def calls_in(text: str) -> list[tuple[str, int]]:
    """The functions an expression calls, each with its number of arguments."""
    return [(ast.unparse(node.func), len(node.args)) for node in _nodes(text) if isinstance(node, ast.Call)]


def factors_of(text: str) -> set[str]:
    """The functions whose values an expression multiplies: abs of ``-100*abs(x)/max(y)``, not of ``abs(x) - y``."""
    return _factors(_parsed(_SI_NUMBER.sub("1", text)).body)


@functools.lru_cache(maxsize=4096)
def _plain_numbers(text: str) -> str:
    return _SI_NUMBER.sub(lambda match: repr(parse_si(match.group(0))), text)


@functools.lru_cache(maxsize=256)
def _nodes(text: str) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(_parsed(_SI_NUMBER.sub("1", text))))


@functools.lru_cache(maxsize=4096)
def _parsed(text: str) -> ast.Expression:
    """The tree of a text, both of bounded size. Raises ExpressionError."""
    if len(text) > LONGEST:
        raise ExpressionError(f"{text[:60]!r}... has {len(text):,} characters, at most {LONGEST:,}")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError) as error:
        raise ExpressionError(f"{text!r}: {error}") from None
    except (RecursionError, MemoryError):
        raise ExpressionError(f"{text[:60]!r}... is nested too deeply") from None
    level, depth = [tree.body], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise ExpressionError(f"{text[:60]!r}... is nested more than {DEEPEST} levels deep")
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return tree


def _factors(node: ast.AST) -> set[str]:
    match node:
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _factors(left) | _factors(right)
        case ast.BinOp(left=inner, op=ast.Div()) | ast.UnaryOp(operand=inner):
            return _factors(inner)
        case ast.Call(func=ast.Name(id=name)):
            return {name}
    return set()


def _value(node: ast.AST, names: Mapping, functions: Mapping[str, Callable]):
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)  # powers of whole numbers have no bound
        case ast.Name(id=name):
            if name not in names:
                raise ExpressionError(f"{name!r} is not one of {', '.join(sorted(names))}")
            return names[name]
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_value(operand, names, functions))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_value(left, names, functions), _value(right, names, functions))
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
            return float(_value(left, names, functions) == _value(right, names, functions))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in functions:
            return functions[name](*(_value(argument, names, functions) for argument in arguments))
    raise ExpressionError(f"{ast.unparse(node)!r} is not plain arithmetic")
