"""Liquid with limits, and its parse tree compiled to segments.

What businesses write is run as Liquid, without files, without `safe`, with limits on loops, depth and size.
Most letters are literals, outputs and conditions: those compile to segments, in which a literal is encoded once
and an expression is evaluated once a mail, by Liquid's own expression object. Anything else (loops, assign) goes
through Liquid as it is. Both ways give the same text; tests/outreach/test_letters.py holds them to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from liquid import Environment, RenderContext
from liquid.ast import BlockNode, Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import BooleanExpression, FilteredExpression, Path
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.builtin.output import OutputNode
from liquid.builtin.tags.comment_tag import CommentNode
from liquid.builtin.tags.for_tag import ForNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.builtin.tags.inline_comment_tag import InlineCommentNode
from liquid.builtin.tags.tablerow_tag import TablerowNode
from liquid.builtin.tags.unless_tag import UnlessNode
from liquid.exceptions import LiquidError
from liquid.expression import Expression
from liquid.stringify import to_liquid_string
from liquid.template import BoundTemplate

SOURCE_LIMIT = 200_000
OUTPUT_LIMIT = 1_000_000
VALUE_LIMIT = 100_000
NUMBER_LIMIT = 10**40

_CLOSED_TAGS = ("include", "render", "liquid", "echo", "ifchanged", "tablerow", "doc")
_CLOSED_FILTERS = ("safe", "escapejs")
_CHANGING_FILTERS = frozenset({"date"})


class TemplateFault(ValueError):
    """A template cannot be read or rendered. `line` counts from 1, when it is known."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}" if self.line else self.message


class _Environment(Environment):
    block_nesting_limit = 12
    context_depth_limit = 12
    loop_iteration_limit = 2_000
    local_namespace_limit = 200_000
    output_stream_limit = OUTPUT_LIMIT

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=False)
        for name in _CLOSED_TAGS:
            self.tags.pop(name, None)
        for name in _CLOSED_FILTERS:
            self.filters.pop(name, None)
        for name, function in self.filters.items():
            self.filters[name] = _bounded(name, function)


def _bounded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The filter, unable to make a value grow without bound along a chain of filters."""

    def run(value: object, *args: object, **kwargs: object) -> object:
        if name in ("replace", "replace_first", "replace_last", "join"):
            grown = sum(len(arg) for arg in args if isinstance(arg, str))
            if grown * max(_size(value), 1) > VALUE_LIMIT * 10:
                raise LiquidError(f"{name}: the value would become too long", token=None)
        made = function(value, *args, **kwargs)
        if _size(made) > VALUE_LIMIT or (
            isinstance(made, int) and not isinstance(made, bool) and abs(made) > NUMBER_LIMIT
        ):
            raise LiquidError(f"{name}: the value becomes too long", token=None)
        return made

    for mark in ("with_context", "with_environment", "validate"):
        if hasattr(function, mark):
            setattr(run, mark, getattr(function, mark))
    return run


def _size(value: object) -> int:
    return len(value) if isinstance(value, str | list | tuple | range) else 0


_HTML = _Environment(autoescape=True)
_TEXT = _Environment(autoescape=False)


def parse(source: str, *, html: bool) -> BoundTemplate:
    """Read a template, or raise TemplateFault saying what is wrong and where."""
    if len(source) > SOURCE_LIMIT:
        raise TemplateFault(f"The text is longer than {SOURCE_LIMIT} characters.")
    environment = _HTML if html else _TEXT
    try:
        template = environment.from_string(source)
        for node in template.nodes:
            _refuse_wide_ranges(node)
            _refuse_unknown_filters(node, environment)
    except LiquidError as error:
        raise _fault(error, source) from error
    except RecursionError as error:
        raise TemplateFault("The template is nested too deeply.") from error
    return template


def render(template: BoundTemplate, values: Mapping[str, object]) -> str:
    """Plain Liquid, within the limits."""
    try:
        return template.render(**values)
    except LiquidError as error:
        raise _fault(error) from error
    except (ArithmeticError, TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
        raise TemplateFault(f"{type(error).__name__}: {error}") from error


def roots(template: BoundTemplate) -> set[str]:
    """Names a template reads at the root of its values."""
    return {
        path.path[0] for node in template.nodes for path in _paths_of(node) if isinstance(path.path[0], str)
    }


def _fault(error: LiquidError, source: str | None = None) -> TemplateFault:
    token = getattr(error, "token", None)
    line = None
    if token is not None and getattr(token, "start_index", -1) >= 0:
        text = source if source is not None else getattr(token, "source", "")
        line = text.count("\n", 0, token.start_index) + 1
    return TemplateFault(str(getattr(error, "message", None) or error).strip() or "unreadable", line)


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children(_BARE, include_partials=False):
        yield from _walk(child)


_BARE = RenderContext(_TEXT.from_string(""))


def _expressions(expression: Expression) -> Iterator[Expression]:
    yield expression
    for child in expression.children():
        yield from _expressions(child)


def _paths_of(node: Node) -> Iterator[Path]:
    for inner in _walk(node):
        for expression in inner.expressions():
            for part in _expressions(expression):
                if isinstance(part, Path):
                    yield part


def _refuse_wide_ranges(node: Node) -> None:
    """`(1..1000000000)` is harmless as the bounds of a loop, which is limited, and nowhere else."""
    for inner in _walk(node):
        if isinstance(inner, ForNode | TablerowNode):
            continue
        for expression in inner.expressions():
            if any(isinstance(part, RangeLiteral) for part in _expressions(expression)):
                raise LiquidError("a range may only be looped over", token=inner.token)


def _refuse_unknown_filters(node: Node, environment: Environment) -> None:
    for inner in _walk(node):
        for expression in inner.expressions():
            for part in _expressions(expression):
                for used in getattr(part, "filters", None) or ():
                    if used.name not in environment.filters:
                        raise LiquidError(f"unknown filter '{used.name}'", token=used.token)


# --- segments -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Output:
    slot: int
    expression: Expression
    path: tuple[str, ...] | None
    # Only a text that is there passes by Liquid: `default` gives it back as it is.
    defaulted: bool = False


@dataclass(frozen=True, slots=True)
class _Choice:
    """The first branch whose condition holds; `None` as a condition always holds."""

    branches: tuple[tuple[Expression | None, tuple[str, ...] | None, tuple[_Piece, ...]], ...]


_Piece = bytes | _Output | _Choice


class _NotSegments(Exception):
    pass


class Segments:
    """One part of a letter, compiled: `join(values)` gives its bytes.

    `literal` encodes what stands in the template, once; `value` encodes what is merged. `constants` win over
    values of the same name and are folded.
    """

    def __init__(
        self,
        source: str,
        *,
        html: bool,
        literal: Callable[[str], bytes],
        value: Callable[[str], bytes],
        constants: Mapping[str, object] | None = None,
    ) -> None:
        self.template = parse(source, html=html)
        self.html = html
        self.constants = dict(constants or {})
        self.roots = roots(self.template) - self.constants.keys()
        self._literal, self._value = literal, value
        self._slots: dict[str, int] = {}
        try:
            self._pieces: tuple[_Piece, ...] | None = self._compile(self.template.nodes)
        except _NotSegments:
            self._pieces = None

    @property
    def compiled(self) -> bool:
        return self._pieces is not None

    def join(self, values: Mapping[str, object]) -> bytes:
        """The bytes of this part for one person. Raises TemplateFault."""
        if self._pieces is None:
            return self._literal(render(self.template, {**values, **self.constants}))
        out: list[bytes] = []
        run = _Run(self, values)
        try:
            run.join(self._pieces, out)
        except LiquidError as error:
            raise _fault(error) from error
        except (ArithmeticError, TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
            raise TemplateFault(f"{type(error).__name__}: {error}") from error
        made = b"".join(out)
        if len(made) > 3 * OUTPUT_LIMIT:
            raise TemplateFault("The mail becomes too long.")
        return made

    def _compile(self, nodes: Sequence[Node]) -> tuple[_Piece, ...]:
        pieces: list[str | _Output | _Choice] = []
        for node in nodes:
            if isinstance(node, ContentNode):
                pieces.append(node.text)
            elif isinstance(node, OutputNode) and isinstance(node.expression, FilteredExpression):
                pieces.append(self._output(node.expression))
            elif isinstance(node, IfNode | UnlessNode):
                pieces.extend(self._choice(node))
            elif not isinstance(node, CommentNode | InlineCommentNode):
                raise _NotSegments
        return self._encode(pieces)

    def _encode(self, pieces: Sequence[str | bytes | _Output | _Choice]) -> tuple[_Piece, ...]:
        made: list[_Piece] = []
        literal: list[str] = []
        for piece in [*pieces, None]:
            if isinstance(piece, str):
                literal.append(piece)
                continue
            if text := "".join(literal):
                made.append(self._literal(text))
            literal.clear()
            if piece is not None:
                made.append(piece)
        return tuple(made)

    def _output(self, expression: FilteredExpression) -> str | _Output:
        if self._is_constant(expression):
            return to_liquid_string(expression.evaluate(self._context({})), self.html)
        slot = self._slots.setdefault(str(expression), len(self._slots))
        filters = expression.filters or ()
        if any(used.name != "default" for used in filters):
            return _Output(slot, expression, None)
        return _Output(slot, expression, _plain_path(expression.left), bool(filters))

    def _choice(self, node: IfNode | UnlessNode) -> list[str | _Output | _Choice]:
        if node.blank:
            return []
        tests: list[tuple[Expression | None, BlockNode | None]] = []
        if isinstance(node, UnlessNode):
            tests.append((_Negated(node.condition), node.consequence))
        else:
            tests.append((node.condition, node.consequence))
        tests += [(alternative.expression, alternative.block) for alternative in node.alternatives]
        tests.append((None, node.default))
        branches = []
        for condition, block in tests:
            if condition is not None and self._is_constant(condition):
                if not condition.evaluate(self._context({})):
                    continue
                condition = None
            pieces = self._compile(block.nodes) if block else ()
            path = None
            if isinstance(condition, BooleanExpression):
                path = _plain_path(condition.expression)
            branches.append((condition, path, pieces))
            if condition is None:
                break
        return [_Choice(tuple(branches))]

    def _is_constant(self, expression: Expression) -> bool:
        for part in _expressions(expression):
            if isinstance(part, Path) and part.path[0] not in self.constants:
                return False
            if any(used.name in _CHANGING_FILTERS for used in getattr(part, "filters", None) or ()):
                return False
        return True

    def _context(self, values: Mapping[str, object]) -> RenderContext:
        # An empty mapping given as globals is dropped for a fresh one, which is as good here.
        return RenderContext(self.template, globals={**values, **self.constants})


class _Negated(Expression):
    """The condition of `unless`."""

    __slots__ = ("inner",)

    def __init__(self, inner: Expression) -> None:
        super().__init__(inner.token)
        self.inner = inner

    def evaluate(self, context: RenderContext) -> bool:
        return not self.inner.evaluate(context)

    def children(self) -> list[Expression]:
        return [self.inner]


def _plain_path(expression: Expression) -> tuple[str, ...] | None:
    if isinstance(expression, Path) and all(isinstance(step, str) for step in expression.path):
        return tuple(str(step) for step in expression.path)
    return None


_MISSING = object()
_MARKUP = re.compile("[&<>'\"]").search  # what escaping would change


class _Run:
    """One joining: each distinct expression is evaluated once."""

    __slots__ = ("context", "done", "part", "values")

    def __init__(self, part: Segments, values: Mapping[str, object]) -> None:
        self.part = part
        self.values = values
        self.done: dict[int, bytes] = {}
        self.context: RenderContext | None = None

    def join(self, pieces: Sequence[_Piece], out: list[bytes]) -> None:
        done = self.done
        for piece in pieces:
            if piece.__class__ is bytes:
                out.append(piece)  # type: ignore[arg-type]
            elif piece.__class__ is _Output:
                made = done.get(piece.slot)  # type: ignore[union-attr]
                if made is None:
                    made = done[piece.slot] = self._merge(piece)  # type: ignore[union-attr,arg-type]
                out.append(made)
            else:
                for condition, path, inner in piece.branches:  # type: ignore[union-attr]
                    if condition is None or self._holds(condition, path):
                        self.join(inner, out)
                        break

    def _merge(self, output: _Output) -> bytes:
        found = self._look_up(output.path)
        if found is _MISSING or (output.defaulted and (found.__class__ is not str or found == "")):
            found = output.expression.evaluate(self._liquid())
        if found.__class__ is not str or (self.part.html and _MARKUP(found)):  # type: ignore[arg-type]
            found = to_liquid_string(found, self.part.html)
        return self.part._value(found)  # type: ignore[arg-type]

    def _holds(self, condition: Expression, path: tuple[str, ...] | None) -> bool:
        found = self._look_up(path)
        if found is _MISSING:
            return bool(condition.evaluate(self._liquid()))
        return found is not None and found is not False

    def _look_up(self, path: tuple[str, ...] | None) -> object:
        """The value at a path through plain dictionaries; anything else is left to Liquid."""
        if path is None or path[0] in self.part.constants:
            return _MISSING
        found: object = self.values
        for step in path:
            if found.__class__ is not dict:
                return _MISSING
            found = found.get(step, _MISSING)  # type: ignore[attr-defined]
            if found is _MISSING:
                return _MISSING
        return found if found is None or found.__class__ in _PLAIN else _MISSING

    def _liquid(self) -> RenderContext:
        if self.context is None:
            self.context = self.part._context(self.values)
        return self.context


_PLAIN = frozenset({str, int, float, bool})
