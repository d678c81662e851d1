"""How templates write out text: escaped as always, and at a tenth of the cost.

`markupsafe.escape` makes a Markup object of every piece, which Jinja joins into the page a moment later; a page of forty
actions has eight hundred pieces. Here a plain text is escaped and stays plain; whatever else comes is left to markupsafe.
"""

from jinja2.compiler import CodeGenerator
from markupsafe import Markup, escape

try:
    from markupsafe import _escape_inner as _escaped
except ImportError:  # another version of markupsafe: its public way, which gives the same text
    _escaped = escape


def written(value) -> str:
    """The text of a value as it stands in a page."""
    kind = type(value)
    if kind is str:
        return _escaped(value)
    if kind is Markup:
        return value
    return escape(value)


class Writing(CodeGenerator):
    """Jinja's own compiler, but for the one word that it writes before each value."""

    def _output_child_pre(self, node, frame, finalize):
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
            super()._output_child_pre(node, frame, finalize)
            return
        self.write("environment.written(")
        if finalize.src is not None:
            self.write(finalize.src)


def install(env) -> None:
    """Before the first template is read."""
    env.written = written
    env.code_generator_class = Writing
