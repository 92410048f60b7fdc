"""A message's template: checked before it is published, filled in before it is sent."""

import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tenuto.domain.errors import TemplateError
from tenuto.mail import template_file, template_language
from tenuto.mail.template_language import Use

#: Longest filled-in part, in characters.
RENDERED_MAX = 250_000

_JINJA_FILE = "<template>"


@dataclass(frozen=True)
class Context:
    """What a template can name. A blank value counts as a missing one: no holes in a mail."""

    #: Attributes by name, `email` among them.
    contact: Mapping[str, str]
    #: `name`, `address` and `postal_address`.
    mailbox: Mapping[str, str]
    #: The sequence's slug.
    sequence: str
    unsubscribe_url: str


@dataclass(frozen=True)
class Rendered:
    """A message filled in for one contact."""

    #: One line.
    subject: str
    text: str
    html: str | None


@dataclass(frozen=True)
class _Part:
    """A compiled piece of a template."""

    jinja: jinja2.Template
    line: int
    uses: tuple[Use, ...]


@dataclass(frozen=True)
class Template:
    """A template that was found in order. Made by `parse`."""

    #: Its file, as named in messages.
    name: str
    subject: _Part
    text: _Part
    html: _Part | None

    @property
    def uses(self) -> Iterator[Use]:
        for part in (self.subject, self.text, self.html):
            yield from part.uses if part else ()


def parse(name: str, source: str) -> Template:
    """A template from its file's content.

    `TemplateError` holds everything that is wrong in the first part that isn't in order, a line
    each: file, line, and what to write instead.
    """
    file = template_file.split(name, source)
    return Template(
        name,
        _compile(name, file.subject, html=False),
        _compile(name, file.text, html=False),
        _compile(name, file.html, html=True) if file.html else None,
    )


def variables(template: Template) -> frozenset[str]:
    """Everything that the template names, such as `contact.first_name` or `sequence`."""
    return frozenset(use.variable for use in template.uses)


def required_attributes(template: Template) -> frozenset[str]:
    """The contact's attributes without which it can't be filled in.

    Not those with a `default`, nor those that an `if` asks for first.
    """
    needed = (use.variable.partition(".") for use in template.uses if not use.guarded)
    return frozenset(attribute for owner, _, attribute in needed if owner == "contact")


def render(template: Template, context: Context) -> Rendered:
    """The message for one contact; `TemplateError` names the line and value that is missing."""
    # A line break in a value must not begin another header field (RFC 5322 section 2.2).
    subject = " ".join(_fill(template, template.subject, context).split())
    if not subject:
        raise TemplateError(f"{template.name}:1: the subject is empty for this contact")
    text = _fill(template, template.text, context).strip() + "\n"
    if not text.strip():
        line = template.text.line
        raise TemplateError(f"{template.name}:{line}: the text is empty for this contact")
    html = _fill(template, template.html, context).strip() + "\n" if template.html else None
    return Rendered(subject, text, html)


class _Attributes:
    """A named set of values in a template."""

    def __init__(self, name: str, values: Mapping[str, str]) -> None:
        self.name = name
        self.present = {key: value for key, value in values.items() if value.strip()}


class _Missing(jinja2.StrictUndefined):
    """A missing value: `if` may ask for it; to print or compare it is an error."""

    __slots__ = ()

    def __bool__(self) -> bool:  # type: ignore[override]  # Jinja's never returns
        return False


class _Environment(ImmutableSandboxedEnvironment):
    """Reads attributes from our values only, never from Python objects."""

    def getattr(self, obj: object, attribute: str) -> object:
        return self.getitem(obj, attribute)

    def getitem(self, obj: object, argument: object) -> object:
        if isinstance(obj, _Attributes) and argument in obj.present:
            return obj.present[str(argument)]
        variable = f"{getattr(obj, 'name', 'value')}.{argument}"
        hint = f'`{variable}` has no value; give it one, or add `| default("…")`'
        return self.undefined(hint=hint)


@cache
def _environment(*, html: bool) -> _Environment:
    return _Environment(autoescape=html, undefined=_Missing, trim_blocks=True, lstrip_blocks=True)


def _compile(name: str, part: template_file.Part, *, html: bool) -> _Part:
    environment = _environment(html=html)
    try:
        tree = environment.parse(part.source)
        problems = template_language.violations(tree)
        if problems:
            raise TemplateError("\n".join(_at(name, part.line, *found) for found in problems))
        uses = tuple(template_language.uses(tree))
        return _Part(environment.from_string(tree), part.line, uses)
    except jinja2.TemplateSyntaxError as error:
        what = f"{error.message}; check the braces, quotes and `endif` there"
        raise TemplateError(_at(name, part.line, error.lineno, what)) from None
    except RecursionError:
        raise TemplateError(_at(name, part.line, 1, "nested too deeply; make it flat")) from None


def _fill(template: Template, part: _Part, context: Context) -> str:
    pieces, size = list[str](), 0
    try:
        for piece in part.jinja.generate(
            contact=_Attributes("contact", context.contact),
            mailbox=_Attributes("mailbox", context.mailbox),
            sequence=context.sequence,
            unsubscribe_url=context.unsubscribe_url,
        ):
            pieces.append(piece)
            size += len(piece)
            if size > RENDERED_MAX:
                what = f"this contact's values make it longer than {RENDERED_MAX} characters"
                raise TemplateError(_at(template.name, part.line, 1, what))
    except (jinja2.TemplateRuntimeError, TypeError) as error:
        what = str(error)
        raise TemplateError(_at(template.name, part.line, _line(error), what)) from None
    return "".join(pieces)


def _line(error: Exception) -> int:
    """The template's line that an error came from: Jinja puts it into the traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    return next((f.lineno or 1 for f in reversed(frames) if f.filename == _JINJA_FILE), 1)


def _at(name: str, first_line: int, line: int, what: str) -> str:
    return f"{name}:{first_line + line - 1}: {what}"
