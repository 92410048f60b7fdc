"""Where a person is, as it becomes known bit by bit."""

from typing import TypeAlias

import pytest

from db import contacts
from db.contacts import Contact
from tests.factories import Stage

Kept: TypeAlias = tuple[object, ...]

EMAIL = "ann@example.com"
OWN = Contact(EMAIL, zone="Asia/Tokyo", zone_source="contact")
TEXAS = Contact(
    EMAIL,
    country="US",
    region="TX",
    zones=("America/Chicago", "America/Denver"),
    zone_source="region",
)
UTAH = Contact(EMAIL, country="US", region="UT", zone="America/Denver", zone_source="region")
SPAIN = Contact(
    EMAIL, country="ES", zones=("Europe/Madrid", "Atlantic/Canary"), zone_source="country"
)
FRANCE = Contact(EMAIL, country="FR", zone="Europe/Paris", zone_source="country")
USA = Contact(
    EMAIL, country="US", zones=("America/New_York", "Pacific/Honolulu"), zone_source="country"
)
NOBODYS = Contact(EMAIL, country="BV")
UNKNOWN = Contact(EMAIL)

AS_TEXAS: Kept = ("US", "TX", None, ["America/Chicago", "America/Denver"], "region")
AS_UTAH: Kept = ("US", "UT", "America/Denver", [], "region")
AS_SPAIN: Kept = ("ES", None, None, ["Europe/Madrid", "Atlantic/Canary"], "country")
AS_FRANCE: Kept = ("FR", None, "Europe/Paris", [], "country")


async def stored(stage: Stage) -> Kept:
    found = await stage.all("SELECT country, region, zone, zones, zone_source FROM contacts")
    (row,) = found
    return tuple(row)


@pytest.mark.parametrize(
    ("saves", "expected"),
    [
        ([UNKNOWN], (None, None, None, [], "none")),
        ([UNKNOWN, SPAIN], AS_SPAIN),
        ([SPAIN, UNKNOWN], AS_SPAIN),
        ([SPAIN, FRANCE], AS_FRANCE),
        ([FRANCE, SPAIN], AS_SPAIN),
        ([USA, TEXAS], AS_TEXAS),
        ([TEXAS, USA], AS_TEXAS),
        ([TEXAS, UTAH], AS_UTAH),
        ([UTAH, TEXAS], AS_TEXAS),
        # What was known of the country that they left tells nothing of the new one.
        ([TEXAS, FRANCE], AS_FRANCE),
        ([TEXAS, NOBODYS], ("BV", None, None, [], "none")),
        ([FRANCE, TEXAS], AS_TEXAS),
        ([OWN, TEXAS], ("US", "TX", "Asia/Tokyo", [], "contact")),
        ([OWN, TEXAS, FRANCE], ("FR", None, "Asia/Tokyo", [], "contact")),
        ([TEXAS, OWN], ("US", "TX", "Asia/Tokyo", [], "contact")),
        ([TEXAS, OWN, UNKNOWN], ("US", "TX", "Asia/Tokyo", [], "contact")),
    ],
)
async def test_the_more_precise_clock_stays(
    stage: Stage, saves: list[Contact], expected: Kept
) -> None:
    for contact in saves:
        await stage.do(contacts.save, contact)
    assert await stored(stage) == expected


@pytest.mark.parametrize("contact", [TEXAS, UTAH, OWN])
async def test_a_deleted_person_is_nowhere(stage: Stage, contact: Contact) -> None:
    saved = await stage.do(contacts.save, contact)
    await stage.do(contacts.delete, saved, "test")
    assert await stored(stage) == (None, None, None, [], "none")
