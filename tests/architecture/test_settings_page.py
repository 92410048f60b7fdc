"""The settings page is as the settings are."""

from tenuto.cli import settings_page


def test_the_page_is_not_stale() -> None:
    assert settings_page.PAGE.read_text() == settings_page.page(), (
        "python -m tenuto.cli.settings_page"
    )


def test_it_shows_defaults_and_says_what_is_required() -> None:
    found = {variable.name: variable for variable in settings_page.variables()}
    assert found["TENUTO_SAFE_MODE"].default == "`true`"
    assert found["TENUTO_SMTP_DEADLINE"].default == "`30`"
    assert "seconds" in found["TENUTO_SMTP_DEADLINE"].meaning
    assert {name for name, v in found.items() if v.required} == {
        "DATABASE_URL",
        "TENUTO_TOKEN_KEYS",
    }
