"""Which company an address belongs to."""

#: Mail providers for everyone: their users share no employer.
_FREE_MAIL = frozenset({
    "aol.com", "bluewin.ch", "fastmail.com", "free.fr", "freenet.de", "gmail.com", "gmx.at",
    "gmx.ch", "gmx.de", "gmx.net", "googlemail.com", "hotmail.com", "icloud.com", "laposte.net",
    "libero.it", "live.com", "mail.com", "mail.ru", "me.com", "msn.com", "naver.com", "orange.fr",
    "outlook.com", "proton.me", "protonmail.com", "qq.com", "t-online.de", "web.de", "wp.pl",
    "yahoo.com", "yandex.ru", "163.com",
})  # fmt: skip


def company_domain(email: str) -> str | None:
    """The domain that stands for a company; None for free mail."""
    domain = email.rpartition("@")[2].lower()
    return None if domain in _FREE_MAIL else domain
