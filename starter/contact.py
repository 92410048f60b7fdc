"""Who is to be enrolled: as services and files give it, and as Postgres keeps it."""

import re
from collections.abc import Mapping
from typing import Any
from unicodedata import category

from pydantic import BaseModel, ConfigDict

from db import contacts
from starter import address, zones
from starter.regions import located
from tenuto.domain.errors import InputError

#: What `{{ contact.… }}` in a template can name.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_VALUE_MAX = 10_000
_OWN = ("owner", "country", "region", "zone")


class Contact(BaseModel):
    """What another service knows of a person. Blank values count as not given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    email: str
    #: What templates and branches may name, such as `first_name`.
    attributes: Mapping[str, str] = {}
    #: Who of ours looks after them.
    owner: str | None = None
    #: ISO 3166-1 alpha-2.
    country: str | None = None
    #: A state or province, by its code in ISO 3166-2 or its name: CA, US-CA, California.
    region: str | None = None
    #: An IANA name such as Europe/Paris.
    zone: str | None = None


def from_cells(cells: Mapping[str, str]) -> Contact:
    """A contact from one flat row: email, owner, country, region, zone; all else are attributes."""
    own: dict[str, Any] = {name: cells[name] for name in _OWN if name in cells}
    attributes = {k: v for k, v in cells.items() if k != "email" and k not in _OWN}
    return Contact(email=cells.get("email", ""), attributes=attributes, **own)


def checked(contact: Contact) -> contacts.Contact:
    """The person as stored: address and zone in their one spelling, blanks left out.

    :raises InputError: for the first thing that can't be right.
    """
    if not contact.email.strip():
        msg = "there is no address; write one, or leave this contact out"
        raise InputError(msg)
    owner = _given(contact.owner)
    country, region = located(_given(contact.country), _given(contact.region))
    zone = zones.resolve(_given(contact.zone), country, region)
    alone = len(zone.names) == 1
    return contacts.Contact(
        email=address.normalised(contact.email),
        attributes=dict(filter(None, (_attribute(*pair) for pair in contact.attributes.items()))),
        owner=_storable("owner", owner) if owner else None,
        country=country,
        region=region,
        zone=zone.names[0] if alone else None,
        zones=() if alone else zone.names,
        zone_source=zone.source,
    )


def _given(value: str | None) -> str | None:
    return value.strip() or None if value else None


def _attribute(name: str, value: str) -> tuple[str, str] | None:
    if not _NAME.fullmatch(name):
        msg = f"{name!r} can't name an attribute; use letters, digits and _, as in first_name"
        raise InputError(msg)
    return (name, _storable(name, value.strip())) if value.strip() else None


def _storable(name: str, value: str) -> str:
    if len(value) > _VALUE_MAX:
        msg = f"{name} is longer than {_VALUE_MAX} characters; shorten it"
        raise InputError(msg)
    # Postgres keeps no NUL, UTF-8 no lone surrogates, and neither belongs into a mail.
    if any(category(c) in {"Cc", "Cs"} and c not in "\n\r\t" for c in value):
        msg = f"{name} holds a control character; remove it"
        raise InputError(msg)
    return value
