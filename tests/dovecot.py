"""A Dovecot of a test's own, which asks the test's sign-in service about each access token."""

import asyncio
import grp
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tenuto.devstack.ports import choose_port
from tenuto.domain.mail_provider import Endpoint
from tests import mail_server
from tests.mail_server import MailServer
from tests.oauth_server import OAuthServer

PASSWORD = "the-right-p4ssword"

_CONFIG = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = xoauth2 plain
auth_failure_delay = 0
default_login_user = {user}
default_internal_user = {user}
default_internal_group = {group}
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%u
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = plain
  args = password={password}
}}
userdb {{
  driver = {users}
}}
namespace inbox {{
  inbox = yes
  mailbox Junk {{
    special_use = \\Junk
    auto = create
  }}
  mailbox Sent {{
    special_use = \\Sent
    auto = create
  }}
  mailbox Archive {{
    special_use = \\Archive
    auto = create
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"""
_ANYBODY = "static\n  args = uid={uid} gid={gid} home={folder}/mail/%u allow_all_users=yes"
_LISTED = "passwd-file\n  args = {folder}/users"
_LMTP = """\
protocols = imap lmtp
submission_host = 127.0.0.1:{answers_by}
protocol lmtp {{
  mail_plugins = quota sieve
}}
plugin {{
  quota = maildir:User quota
  sieve = file:{folder}/%u.sieve
}}
service lmtp {{
  user = {user}
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
"""
_OAUTH = """\
introspection_url = {url}/introspect
introspection_mode = auth
force_introspection = yes
active_attribute = active
active_value = true
username_attribute = email
"""


@dataclass(frozen=True)
class Addressee:
    """Somebody whose mail is taken."""

    address: str
    #: What Pigeonhole does with it, in Sieve.
    script: str = "keep;"
    #: As Dovecot writes it.
    quota: str = "*:storage=0"


@dataclass(frozen=True)
class Lmtp:
    """Mail is taken too, for some only; nobody else has a mailbox there."""

    port: int
    #: The SMTP server, on this machine, by which scripts answer.
    answers_by: int
    addressees: Sequence[Addressee]


@dataclass(frozen=True)
class Dovecot:
    """Version 2.3: 2.4 is configured in other words."""

    endpoint: Endpoint
    folder: Path
    server: MailServer

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()


@asynccontextmanager
async def dovecot(
    program: str, oauth: OAuthServer, lmtp: Lmtp | None = None
) -> AsyncIterator[Dovecot]:
    async with mail_server.folder("dovecot-") as folder:
        port = choose_port(None, "dovecot")
        await asyncio.to_thread(_write, folder, port, oauth, lmtp)
        config = str(folder / "dovecot.conf")
        async with mail_server.running(folder, port, program, "-F", "-c", config) as server:
            yield Dovecot(Endpoint("127.0.0.1", port), folder, server)


def _write(folder: Path, port: int, oauth: OAuthServer, lmtp: Lmtp | None) -> None:
    who = mail_server.owner()
    values = {
        "folder": folder,
        "port": port,
        "user": who.pw_name,
        "group": grp.getgrgid(who.pw_gid).gr_name,
        "uid": who.pw_uid,
        "gid": who.pw_gid,
        "password": PASSWORD,
    }
    config = _CONFIG.format(users=(_LISTED if lmtp else _ANYBODY).format(**values), **values)
    if lmtp:
        config += _LMTP.format(lmtp=lmtp.port, answers_by=lmtp.answers_by, **values)
        (folder / "users").write_text("".join(_line(a, values) for a in lmtp.addressees))
        for addressee in lmtp.addressees:
            (folder / f"{addressee.address}.sieve").write_text(addressee.script)
    (folder / "dovecot.conf").write_text(config)
    (folder / "oauth2.conf").write_text(_OAUTH.format(url=oauth.url))


def _line(addressee: Addressee, values: dict[str, object]) -> str:
    """Of a passwd-file."""
    line = "{address}::{uid}:{gid}::{folder}/mail/{address}::userdb_quota_rule={quota}\n"
    return line.format(address=addressee.address, quota=addressee.quota, **values)
