"""Mail addresses and domains, from what people write to the one form in which they are kept."""

import re

import idna

from tenuto.domain.errors import InputError

#: In octets: RFC 5321 section 4.5.3.1.1, and 4.5.3.1.3 less the angle brackets.
_LOCAL_MAX, _ADDRESS_MAX = 64, 254
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
#: A Dot-string (RFC 5321 section 4.1.2); nobody's real address needs the quoted form.
_LOCAL = re.compile(rf"{_ATOM}(\.{_ATOM})*")
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
#: The last label isn't a number: an IP address is no domain.
_DOMAIN = re.compile(rf"({_LABEL}\.)+(?![0-9]+$){_LABEL}")
_SHOWN = 80


def normalised(written: str) -> str:
    """An address in lower case, its domain in ASCII: `Ann@Bücher.example` is one of two spellings.

    :raises InputError: saying what to write instead.
    """
    email = written.strip().lower()
    local, at, domain_ = email.rpartition("@")
    if not at:
        raise _no_address(written, "it has no @")
    if not local.isascii():
        raise _no_address(written, "before the @ only ASCII letters can be mailed")
    if not _LOCAL.fullmatch(local) or len(local) > _LOCAL_MAX:
        raise _no_address(written, "what stands before the @ is none")
    address = f"{local}@{domain(domain_)}"
    if len(address) > _ADDRESS_MAX:
        raise _no_address(written, f"it is longer than {_ADDRESS_MAX} characters")
    return address


def domain(written: str) -> str:
    """A domain in lower case and ASCII.

    :raises InputError: when it is none.
    """
    try:
        # Not Python's own codec: that is IDNA 2003, where ß becomes ss, another domain.
        name = idna.encode(written.strip().rstrip("."), uts46=True).decode().lower()
    except UnicodeError:
        name = ""
    if not _DOMAIN.fullmatch(name):
        msg = f"{_quoted(written)} is not a mail domain; write one such as example.com"
        raise InputError(msg)
    return name


def _no_address(written: str, why: str) -> InputError:
    return InputError(f"{_quoted(written)} is not an address: {why}; write ann@example.com")


def _quoted(written: str) -> str:
    short = written if len(written) <= _SHOWN else f"{written[:_SHOWN]}…"
    return f'"{short}"' if short.isprintable() else repr(short)
