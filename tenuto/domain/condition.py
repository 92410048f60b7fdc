"""Conditions on a contact: attributes and recorded engagement events.

Pure: the facts are read by an activity, under the contact's lock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Part(BaseModel):
    """Frozen, so that a condition can be hashed with its plan."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class AttributeIs(Part):
    """The attribute equals one of the values, compared as text without case."""

    test: Literal["attribute"] = "attribute"
    name: str
    values: tuple[str, ...]


class AttributeExists(Part):
    """The attribute is there and not empty."""

    test: Literal["exists"] = "exists"
    name: str


class EventHappened(Part):
    """The event was recorded for the contact since this enrollment began."""

    test: Literal["event"] = "event"
    name: str


class AnyOf(Part):
    """At least one part holds."""

    test: Literal["any"] = "any"
    parts: tuple["Condition", ...]


class AllOf(Part):
    """Every part holds."""

    test: Literal["all"] = "all"
    parts: tuple["Condition", ...]


class Not(Part):
    """The part doesn't hold."""

    test: Literal["not"] = "not"
    part: "Condition"


Condition = Annotated[
    AttributeIs | AttributeExists | EventHappened | AnyOf | AllOf | Not,
    Field(discriminator="test"),
]


@dataclass(frozen=True)
class Facts:
    """What is known of a contact at one instant."""

    attributes: Mapping[str, str] = field(default_factory=dict)
    #: First instant of each event since the enrollment began.
    events: Mapping[str, datetime] = field(default_factory=dict)


def met(condition: Condition, facts: Facts) -> bool:
    """Whether the facts fulfil the condition."""
    match condition:
        case AttributeIs(name=name, values=values):
            return facts.attributes.get(name, "").casefold() in {v.casefold() for v in values}
        case AttributeExists(name=name):
            return bool(facts.attributes.get(name))
        case EventHappened(name=name):
            return name in facts.events
        case AnyOf(parts=parts):
            return any(met(part, facts) for part in parts)
        case AllOf(parts=parts):
            return all(met(part, facts) for part in parts)
        case Not(part=part):
            return not met(part, facts)


for _model in (AnyOf, AllOf, Not):
    _model.model_rebuild()
