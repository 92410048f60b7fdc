"""Every error that Tenuto raises on purpose.

TenutoError
├── InputError          what a person gave us is wrong: says where, and what to write instead
│   ├── SequenceError   a sequence file doesn't hold together; carries all its problems at once
│   ├── DurationError   a length of time that can't be read
│   └── TemplateError   a message template is broken, or names a variable that isn't there
├── NotFoundError       a sequence, contact, mailbox or enrollment by that name doesn't exist
├── ForbiddenError      it exists, but its state doesn't allow this now
│   └── LoginError      a mailbox's login is refused or has ended; it must be connected again
├── DependencyError     Postgres, Temporal, a mail server or a sign-in service can't be reached
└── TokenError          a token isn't ours, or was changed on its way
"""


class TenutoError(Exception):
    """The root: its text is meant for the person who meets it, and names what to do next."""


class InputError(TenutoError):
    """What a person gave us is wrong."""


class NotFoundError(TenutoError):
    """Nothing by that name."""


class ForbiddenError(TenutoError):
    """It exists, but its state doesn't allow this now."""


class LoginError(ForbiddenError):
    """A mailbox's login is refused or has ended; it must be connected again."""


class DependencyError(TenutoError):
    """A part that we need can't be reached."""


class TokenError(TenutoError):
    """A token isn't ours, or was changed on its way."""


class TemplateError(InputError):
    """A message template is broken, or names a variable that isn't there."""
