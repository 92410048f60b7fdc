"""A Dovecot of a test's own, which asks the test's sign-in service about each access token."""

import asyncio
import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tenuto.domain.mail_provider import Endpoint
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
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u allow_all_users=yes
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
_OAUTH = """\
introspection_url = {url}/introspect
introspection_mode = auth
force_introspection = yes
active_attribute = active
active_value = true
username_attribute = email
"""


@dataclass
class Dovecot:
    """Version 2.3: 2.4 is configured in other words."""

    endpoint: Endpoint
    folder: Path
    program: str
    who: pwd.struct_passwd
    process: asyncio.subprocess.Process | None = None

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    async def start(self) -> None:
        """Until it answers."""
        self.process = await asyncio.create_subprocess_exec(
            *(self.program, "-F", "-c", str(self.folder / "dovecot.conf")),
            user=self.who.pw_uid,
            group=self.who.pw_gid,
            extra_groups=[] if os.getuid() == 0 else None,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        await _answers(self.process, self.endpoint.port)

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """All of its processes; SIGKILL is a crash."""
        process, self.process = self.process, None
        if process is None:
            return
        if process.returncode is None:
            # By the master alone it ends in order; a crash takes them all.
            (os.killpg if how is signal.SIGKILL else os.kill)(process.pid, how)
        await process.communicate()


@asynccontextmanager
async def dovecot(program: str, oauth: OAuthServer) -> AsyncIterator[Dovecot]:
    """Its login process refuses to be root's: then all of it is nobody's."""
    who = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    # Not below pytest's own folder, where another user couldn't come to it.
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="dovecot-"))
    port = _free_port()
    await asyncio.to_thread(_write, folder, port, who, oauth)
    server = Dovecot(Endpoint("127.0.0.1", port), folder, program, who)
    try:
        await server.start()
        yield server
    finally:
        await server.stop()
        await asyncio.to_thread(shutil.rmtree, folder)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _write(folder: Path, port: int, who: pwd.struct_passwd, oauth: OAuthServer) -> None:
    values = {
        "folder": folder,
        "port": port,
        "user": who.pw_name,
        "group": grp.getgrgid(who.pw_gid).gr_name,
        "uid": who.pw_uid,
        "gid": who.pw_gid,
        "password": PASSWORD,
    }
    (folder / "dovecot.conf").write_text(_CONFIG.format(**values))
    (folder / "oauth2.conf").write_text(_OAUTH.format(url=oauth.url))
    if os.getuid() == 0:
        for path in (folder, *folder.iterdir()):
            os.chown(path, who.pw_uid, who.pw_gid)


async def _answers(process: asyncio.subprocess.Process, port: int) -> None:
    async with asyncio.timeout(20):
        while process.returncode is None:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            greeting = await reader.readline()
            writer.close()
            if greeting:
                return
    _, said = await process.communicate()
    raise AssertionError(said.decode())
