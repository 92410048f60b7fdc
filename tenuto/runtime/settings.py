"""Settings, from the environment, else `.env`, else what `tenuto up` wrote."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from tenuto.domain.errors import InputError

#: What `tenuto up` writes, so that commands beside it find its parts.
STACK_FILE = Path(".tenuto/stack.env")


class Settings(BaseSettings):
    """Where the parts are, and how mail may leave. Secrets print as stars."""

    model_config = SettingsConfigDict(
        env_file=(STACK_FILE, ".env"),
        env_nested_delimiter="__",
        extra="ignore",
        populate_by_name=True,
    )

    #: PostgreSQL: `postgresql://user:password@host:port/database`.
    database_url: SecretStr = Field(alias="DATABASE_URL")
    #: Temporal's frontend: `host:port`. TLS and keys: `temporal.toml`, TEMPORAL_TLS_… .
    temporal_address: str = Field("127.0.0.1:7233", alias="TEMPORAL_ADDRESS")
    #: Made at the worker's start where it is missing.
    temporal_namespace: str = Field("default", alias="TEMPORAL_NAMESPACE")
    #: Where operators look; only printed.
    temporal_ui_url: str = Field("http://127.0.0.1:8233", alias="TEMPORAL_UI_URL")

    #: The server that mail leaves by: `smtp://user:password@host:587` (STARTTLS), `smtps://…`;
    #: mailboxes that are connected to one of their own use that.
    smtp_url: SecretStr = Field(SecretStr("smtp://127.0.0.1:1025"), alias="SMTP_URL")
    #: Passwords and refresh tokens of mailboxes, one file each; workers and `inbound` share it.
    secrets_dir: Path = Field(Path(".tenuto/secrets"), alias="TENUTO_SECRETS_DIR")
    #: Our client at Google (of the kind "Desktop app"), for its mailboxes.
    google_client_id: str | None = Field(None, alias="TENUTO_GOOGLE_CLIENT_ID")
    #: What Google gave with that id.
    google_client_secret: SecretStr | None = Field(None, alias="TENUTO_GOOGLE_CLIENT_SECRET")
    #: Our client at Microsoft (a public one), for its mailboxes.
    microsoft_client_id: str | None = Field(None, alias="TENUTO_MICROSOFT_CLIENT_ID")
    #: The directory that Microsoft's mailboxes are in: its domain or id; else any organization's.
    microsoft_tenant: str = Field("organizations", alias="TENUTO_MICROSOFT_TENANT")
    #: Where one signs in at Microsoft; national clouds have addresses of their own.
    microsoft_login_url: str = Field(
        "https://login.microsoftonline.com", alias="TENUTO_MICROSOFT_LOGIN_URL"
    )
    #: Bounds one SMTP conversation, in seconds; at most 45.
    smtp_deadline: float = Field(30.0, gt=0, le=45, alias="TENUTO_SMTP_DEADLINE")
    #: Conversations at once per mailbox and worker, so that a busy one holds up nobody else.
    sends_per_mailbox: int = Field(4, gt=0, alias="TENUTO_SENDS_PER_MAILBOX")

    #: On until switched off: mail goes only to the catcher, to one address, or to a list.
    safe_mode: bool = Field(default=True, alias="TENUTO_SAFE_MODE")
    #: In safe mode, who else may get mail: addresses and domains.
    allow: Annotated[frozenset[str], NoDecode] = Field(frozenset(), alias="TENUTO_ALLOW")
    #: In safe mode, all mail goes to this address.
    redirect_all: str | None = Field(None, alias="TENUTO_REDIRECT_ALL")
    #: In safe mode, where all other mail goes: a server that keeps it.
    catcher_url: str | None = Field(None, alias="TENUTO_CATCHER_URL")

    #: Keys that sign tokens in mail, newest first; older ones still verify.
    token_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(alias="TENUTO_TOKEN_KEYS")
    #: Where recipients' unsubscribe links lead: the `inbound` process, seen from outside.
    public_url: str = Field("http://127.0.0.1:8025", alias="TENUTO_PUBLIC_URL")
    #: A PEM private key; with it, mail of mailboxes that allow it is signed.
    dkim_key_file: Path | None = Field(None, alias="TENUTO_DKIM_KEY_FILE")
    #: The domain whose DNS has the public half.
    dkim_domain: str | None = Field(None, alias="TENUTO_DKIM_DOMAIN")
    #: The public half stands at `<selector>._domainkey.<domain>`.
    dkim_selector: str = Field("tenuto", alias="TENUTO_DKIM_SELECTOR")

    #: Where the inbound doors listen.
    inbound_host: str = Field("127.0.0.1", alias="TENUTO_INBOUND_HOST")
    #: Mail to our mailboxes, and what comes back, by SMTP.
    inbound_smtp_port: int = Field(2525, alias="TENUTO_INBOUND_SMTP_PORT")
    #: For a mail server of one's own on the same machine, which delivers over LMTP.
    inbound_lmtp_port: int | None = Field(None, alias="TENUTO_INBOUND_LMTP_PORT")
    #: One-click unsubscribes, and webhooks.
    inbound_http_port: int = Field(8025, alias="TENUTO_INBOUND_HTTP_PORT")
    #: Whose webhooks are heard, one variable a provider: `TENUTO_WEBHOOKS__SES` has the ARNs of
    #: SNS topics, `TENUTO_WEBHOOKS__POSTMARK` a `user:password`; see [webhooks.md](webhooks.md).
    webhooks: dict[str, SecretStr] = Field({}, alias="TENUTO_WEBHOOKS")

    #: Seconds between two scans of the reconciler; read when its schedule is made.
    reconcile_every: float = Field(60.0, gt=0, alias="TENUTO_RECONCILE_EVERY")
    #: Seconds that a row may be late, or its workflow untold, before the reconciler looks.
    reconcile_grace: float = Field(60.0, gt=0, alias="TENUTO_RECONCILE_GRACE")
    #: Workflows that a worker keeps in memory between their tasks; others are replayed.
    cached_workflows: int = Field(1000, ge=0, alias="TENUTO_CACHED_WORKFLOWS")
    #: Mail is sent by workers of their own (`--role mail-send`), not by the one that runs the
    #: enrollment; for enrollments that start from then on.
    mail_workers: bool = Field(default=False, alias="TENUTO_MAIL_WORKERS")
    #: A build id switches worker versioning on.
    build_id: str | None = Field(None, alias="TENUTO_BUILD_ID")

    @field_validator("database_url")
    @classmethod
    def _postgres(cls, value: SecretStr) -> SecretStr:
        try:
            url = make_url(value.get_secret_value().replace("postgres://", "postgresql://", 1))
        except (ArgumentError, ValueError):
            url = None
        if url is None or url.drivername != "postgresql" or not url.database:
            msg = "write it like postgresql://user:password@host:5432/database"
            raise ValueError(msg) from None
        return SecretStr(url.render_as_string(hide_password=False))

    @field_validator("allow", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return frozenset(_parts(value.lower())) if isinstance(value, str) else value

    @field_validator("token_keys", mode="before")
    @classmethod
    def _keys(cls, value: object) -> object:
        keys = tuple(_parts(value)) if isinstance(value, str) else value
        if not keys:
            msg = "needs at least one key; make one: openssl rand -hex 32"
            raise ValueError(msg)
        return keys

    @property
    def keys(self) -> tuple[bytes, ...]:
        """The token keys as bytes."""
        return tuple(key.get_secret_value().encode() for key in self.token_keys)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def load_settings() -> Settings:
    """The settings.

    :raises InputError: naming each variable that is missing or wrong, never its value.
    """
    try:
        return Settings()
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        hint = "`tenuto up` starts a laptop stack and writes them; docs/settings.md has all"
        raise InputError("\n".join(["settings:", *wrong, hint])) from None
    except SettingsError:
        msg = "settings:\nTENUTO_WEBHOOKS: give each provider a variable: TENUTO_WEBHOOKS__SES=…"
        raise InputError(msg) from None
