from pathlib import Path

import pytest

from starter.contact import Contact, checked
from starter.contact_file import BadRow, Row, open_file
from tenuto.domain.errors import InputError


def rows(tmp_path: Path, content: str | bytes, **columns: str) -> list[Row | BadRow]:
    path = tmp_path / "contacts.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(open_file(path, columns).rows())


def only(found: list[Row | BadRow]) -> Contact:
    (row,) = found
    assert isinstance(row, Row)
    return row.contact


def refused(tmp_path: Path, content: str | bytes, **columns: str) -> str:
    with pytest.raises(InputError) as raised:
        rows(tmp_path, content, **columns)
    return str(raised.value).replace(f"{tmp_path}/", "")


def test_columns_of_ours_are_told_from_attributes(tmp_path: Path) -> None:
    contact = only(
        rows(
            tmp_path,
            "E-Mail,First Name,Time Zone,Country,owner,planTier\n"
            "ann@example.com,Ann,Europe/Paris,FR,mia,pro\n",
        )
    )
    assert contact == Contact(
        email="ann@example.com",
        attributes={"first_name": "Ann", "planTier": "pro"},
        owner="mia",
        country="FR",
        zone="Europe/Paris",
    )


@pytest.mark.parametrize("heading", ["Region", "state", "PROVINCE"])
def test_a_region_has_several_headings(tmp_path: Path, heading: str) -> None:
    contact = only(rows(tmp_path, f"email,country,{heading}\na@b.de,US,California\n"))
    assert (contact.region, contact.attributes) == ("California", {})


def test_a_state_can_stay_an_attribute(tmp_path: Path) -> None:
    contact = only(rows(tmp_path, "email,State\na@b.de,new\n", state="State"))
    assert (contact.region, contact.attributes) == (None, {"state": "new"})


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found_and_a_byte_order_mark_ignored(
    tmp_path: Path, delimiter: str
) -> None:
    content = (
        "\ufeff" + delimiter.join(["email", "city"]) + "\r\n" + delimiter.join(["a@b.de", "Köln"])
    )
    assert only(rows(tmp_path, content)).attributes == {"city": "Köln"}


def test_columns_can_be_mapped(tmp_path: Path) -> None:
    content = "Adresse,email\nann@example.com,old@example.com\n"
    contact = only(rows(tmp_path, content, email="Adresse", former="email"))
    assert (contact.email, contact.attributes) == (
        "ann@example.com",
        {"former": "old@example.com"},
    )


def test_rows_are_named_by_the_line_that_they_begin_on(tmp_path: Path) -> None:
    found = rows(
        tmp_path,
        'email,note\na@b.de,"two\nlines"\n\n,\nb@b.de,x,y\nc@b.de\nd@b.de,"un"closed\ne@b.de,ok\n',
    )
    assert [row.line for row in found] == [2, 6, 7, 8, 9]
    assert [row.what.split(";")[0] for row in found if isinstance(row, BadRow)] == [
        "has 3 cells where the header has 2",
        "has 1 cells where the header has 2",
        "can't be read (',' expected after '\"')",
    ]


def test_a_quotation_mark_that_is_never_closed_is_named(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, 'email,note\na@b.de,"open\nb@b.de,x\n')
    assert row == BadRow(
        2, "can't be read (unexpected end of data); see to the quotation marks up to line 3"
    )


@pytest.mark.parametrize(
    ("content", "columns", "why"),
    [
        (b"", {}, "its first line must name the columns"),
        ("\nann@example.com\n", {}, "its first line must name the columns"),
        ("ann@example.com\n", {}, "has no column email, only: ann@example.com; name it: --map"),
        ("email,E-Mail\n", {}, "two columns are email; rename one"),
        ("Adress,x\n", {"email": "Adresse"}, 'no column "Adresse"; did you mean "Adress"?'),
        (b"email,city\na@b.de,K\xf6ln\n", {}, "is not UTF-8, near line"),
        ("email\n".encode("utf-16"), {}, "is not UTF-8, near line"),
        (b"email\na@b.de\xc3", {}, "is not UTF-8, near line"),
    ],
)
def test_a_file_that_cant_be_used_is_refused_as_a_whole(
    tmp_path: Path, content: str | bytes, columns: dict[str, str], why: str
) -> None:
    assert why in refused(tmp_path, content, **columns)


def test_a_file_that_isnt_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"contacts\.csv can't be read: No such file"):
        open_file(tmp_path / "contacts.csv", {})
    with pytest.raises(InputError, match="can't be read: Is a directory"):
        open_file(tmp_path, {})


def test_what_is_stored_has_no_blanks_and_one_spelling() -> None:
    person = checked(
        Contact(
            email=" Ann@Example.com",
            attributes={"first_name": " Ann ", "city": " "},
            owner=" ",
            country="de",
            zone="",
        )
    )
    assert person.email == "ann@example.com"
    assert person.attributes == {"first_name": "Ann"}
    assert (person.owner, person.country) == (None, "DE")
    assert (person.zone, person.zone_source) == ("Europe/Berlin", "country")


@pytest.mark.parametrize(
    ("country", "region", "stored"),
    [
        ("us", "california", ("US", "CA", "America/Los_Angeles", (), "region")),
        ("", "us-ca", ("US", "CA", "America/Los_Angeles", (), "region")),
        ("us", "TX", ("US", "TX", None, ("America/Chicago", "America/Denver"), "region")),
        ("es", " ", ("ES", None, None, ("Europe/Madrid", "Atlantic/Canary"), "country")),
        ("bv", "", ("BV", None, None, (), "none")),
    ],
)
def test_several_clocks_are_stored_apart_from_one(
    country: str, region: str, stored: tuple[object, ...]
) -> None:
    person = checked(Contact(email="ann@example.com", country=country, region=region))
    found = (person.country, person.region, person.zone, person.zones, person.zone_source)
    assert found == stored


def test_a_region_is_checked_even_where_the_zone_is_given() -> None:
    contact = Contact(email="a@b.de", country="US", region="Texass", zone="Asia/Tokyo")
    with pytest.raises(InputError, match='US has no region "Texass" that we know; write TX'):
        checked(contact)


@pytest.mark.parametrize(
    ("attributes", "why"),
    [
        ({"first name": "Ann"}, "can't name an attribute"),
        ({"bio": "x" * 10_001}, "bio is longer than 10000 characters"),
        ({"bio": "a\0b"}, "bio holds a control character"),
        ({"bio": "a\ud800"}, "bio holds a control character"),
    ],
)
def test_what_postgres_or_a_mail_cant_hold_is_refused(attributes: dict[str, str], why: str) -> None:
    with pytest.raises(InputError, match=why):
        checked(Contact(email="ann@example.com", attributes=attributes))


def test_names_in_every_script_are_fine() -> None:
    values = {"a": "می‌خواهم", "b": "👩‍👩‍👧", "c": "naïve\u00a0café\nline"}
    assert checked(Contact(email="ann@example.com", attributes=values)).attributes == values
