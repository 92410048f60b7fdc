"""Which suppressions a file holds: ours, a bare list, and what other products export."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.suppressions import hashed
from starter.contact_file import BadRow
from starter.csv_file import open_csv
from starter.suppression_file import Defaults, Row, open_suppressions, subject
from tenuto.domain.errors import InputError
from tenuto.domain.suppression import Kind, Reason, reason_in

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HASH = hashed("gone@example.com")


def rows(
    tmp_path: Path, content: str, default: Reason = Reason.MANUAL, /, **columns: str
) -> list[Row | BadRow]:
    path = tmp_path / "list.csv"
    path.write_text(content, encoding="utf-8")
    defaults = Defaults(default, "import", NOW)
    return list(open_suppressions(open_csv(path, "list.csv"), columns, defaults).rows())


def read(
    tmp_path: Path, content: str, **columns: str
) -> list[tuple[str | None, str, str, str | None]]:
    """Whom, why, who says so, and since when."""
    found = []
    for row in rows(tmp_path, content, **columns):
        assert isinstance(row, Row), row
        one = row.suppression
        found.append(
            (one.subject, one.reason.value, one.source, one.at.isoformat() if one.at else None)
        )
    return found


def refused(tmp_path: Path, content: str, **columns: str) -> str:
    with pytest.raises(InputError) as raised:
        rows(tmp_path, content, **columns)
    return str(raised.value)


#: The headings that products give their exports; the values are made up.
EXPORTS = {
    "Mailchimp, unsubscribed": (
        (
            "Email Address,First Name,OPTIN_TIME,UNSUB_TIME,UNSUB_REASON\n"
            "Ann@Example.com,Ann,2024-01-02 03:04:05,2025-01-02 03:04:05,NORMAL\n"
        ),
        ("ann@example.com", "opt_out", "import", "2025-01-02T03:04:05+00:00"),
    ),
    "Mailchimp, cleaned": (
        'Email Address,First Name,CLEAN_TIME\nann@example.com,"Ann, B",2025-01-02 03:04:05\n',
        ("ann@example.com", "hard_bounce", "import", "2025-01-02T03:04:05+00:00"),
    ),
    "HubSpot": (
        "Record ID,First Name,Email\n7,Ann,ann@example.com\n",
        ("ann@example.com", "manual", "import", None),
    ),
    "SendGrid, bounces": (
        "status,reason,email,created\n5.1.1,550 5.1.1 No such user,ann@example.com,1700000000\n",
        ("ann@example.com", "hard_bounce", "import", "2023-11-14T22:13:20+00:00"),
    ),
    "Postmark": (
        (
            "EmailAddress,SuppressionReason,Origin,CreatedAt\n"
            "ann@example.com,SpamComplaint,Recipient,2019-12-10T08:58:33-05:00\n"
        ),
        ("ann@example.com", "complaint", "Recipient", "2019-12-10T13:58:33+00:00"),
    ),
    "Postmark, by its link": (
        "EmailAddress,SuppressionReason,Origin\nann@example.com,ManualSuppression,Recipient\n",
        ("ann@example.com", "opt_out", "Recipient", None),
    ),
    "Amazon SES": (
        "EmailAddress,Reason,LastUpdateTime\nann@example.com,BOUNCE,2025-01-02T03:04:05Z\n",
        ("ann@example.com", "hard_bounce", "import", "2025-01-02T03:04:05+00:00"),
    ),
}


@pytest.mark.parametrize("product", EXPORTS)
def test_what_other_products_export_is_understood(tmp_path: Path, product: str) -> None:
    content, expected = EXPORTS[product]
    assert read(tmp_path, content) == [expected]


def test_a_bare_list_needs_no_header(tmp_path: Path) -> None:
    found = read(tmp_path, "Ann@Example.com\n\nfirm.example\n@other.example\n*@third.example\n")
    assert [one[0] for one in found] == [
        "ann@example.com", "firm.example", "other.example", "third.example",
    ]  # fmt: skip


def test_columns_are_mapped_by_name(tmp_path: Path) -> None:
    content = "Adresse;Grund;email\nann@example.com;unsubscribed;x\n"
    assert read(tmp_path, content, email="Adresse", reason="Grund") == [
        ("ann@example.com", "opt_out", "import", None)
    ]
    assert "did you mean" in refused(tmp_path, content, email="Adrese")
    assert "these are: email, domain" in refused(tmp_path, content, e_mail="Adresse")


def test_a_column_for_domains_and_one_for_addresses_may_stand_side_by_side(
    tmp_path: Path,
) -> None:
    found = read(tmp_path, "email,domain\nann@example.com,example.com\n,firm.example\n")
    assert [one[0] for one in found] == ["ann@example.com", "firm.example"]


@pytest.mark.parametrize("heading", ["Mail", "address", "Recipient"])
def test_a_vague_heading_counts_where_there_is_no_better_one(tmp_path: Path, heading: str) -> None:
    assert read(tmp_path, f"{heading}\nann@example.com\n")[0][0] == "ann@example.com"
    assert read(tmp_path, f"{heading},E-Mail\nStreet 1,ann@example.com\n")[0][0] == (
        "ann@example.com"
    )


def test_a_file_that_names_nobody_says_what_it_has(tmp_path: Path) -> None:
    message = "list.csv has no column email or domain, only: first, last; name it"
    assert refused(tmp_path, "first,last\nAnn,Lee\n").startswith(message)
    assert "only: nothing" in refused(tmp_path, "")


def test_a_bad_row_names_its_line_and_the_rest_is_read(tmp_path: Path) -> None:
    content = (
        "email,hash,kind\nann@example.com\nnobody,,\n,,address\nbob@example.com,,,,\n"
        f"ann@example.com,{HASH},address\n,{HASH},\n,abc,address\ngmail.com,,\n,{HASH},address\n"
    )
    found = rows(tmp_path, content)
    assert [row.line for row in found if isinstance(row, Row)] == [2, 5, 10]
    assert [(row.line, row.what) for row in found if isinstance(row, BadRow)] == [
        (3, '"nobody" is not a mail domain; write one such as example.com'),
        (4, "names nobody; write an address or a domain, or leave this row out"),
        (6, "its hash is not that of ann@example.com; leave one of the two out"),
        (7, "has a hash only; with it goes its kind, address or domain, and 64 digits 0-9a-f"),
        (8, "has a hash only; with it goes its kind, address or domain, and 64 digits 0-9a-f"),
        (9, "gmail.com is a mail provider for everyone; add --yes to suppress all of it"),
    ]


@pytest.mark.parametrize(
    "at", ["yesterday", "03/04/2025", "2027-01-01", "0001-01-01T00:00+14:00", "9999-12-31T23:59-12"]
)
def test_nobody_is_left_out_for_a_time_or_a_reason_that_makes_no_sense(
    tmp_path: Path, at: str
) -> None:
    (row,) = rows(tmp_path, f"email,reason,at\nann@example.com,whatever,{at}\n", Reason.OPT_OUT)
    assert isinstance(row, Row)
    assert (row.reason_unknown, row.time_unknown) == (True, True)
    assert (row.suppression.reason, row.suppression.at) == (Reason.OPT_OUT, None)


def test_a_domain_has_one_spelling() -> None:
    assert {subject(s) for s in ("Müller.de", "xn--mller-kva.de", "@MÜLLER.de.")} == {
        (Kind.DOMAIN, "xn--mller-kva.de")
    }
    assert subject("Ann@MÜLLER.de") == (Kind.ADDRESS, "ann@xn--mller-kva.de")


def test_tags_and_dots_make_another_address() -> None:
    assert len({subject(s) for s in ("a.nn@gmail.com", "ann@gmail.com", "ann+x@gmail.com")}) == 3


@given(st.text(max_size=60), st.text(max_size=30))
def test_every_row_is_an_answer(whom: str, at: str) -> None:
    """Whatever a cell holds, the reading ends in a subject or in a sentence."""
    with suppress(InputError):
        kind, name = subject(whom)
        assert subject(name) == (kind, name)
    reason_in(at)


@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2026, 1, 1)))  # noqa: DTZ001
def test_our_own_instants_are_read_as_written(tmp_path_factory: pytest.TempPathFactory,
                                              naive: datetime) -> None:  # fmt: skip
    at = naive.replace(tzinfo=UTC)
    folder = tmp_path_factory.mktemp("list")
    ((_, _, _, found),) = read(folder, f"email,at\nann@example.com,{at.isoformat()}\n")
    assert found is not None
    assert datetime.fromisoformat(found) - at == timedelta()


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_read_by_its_own_name(reason: Reason) -> None:
    assert reason_in(reason.value) is reason
    assert reason.exit_reason.value == reason.value
