"""An Exim of a test's own: our mail leaves by it, and what it can't deliver comes back."""

import asyncio
import grp
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tenuto.devstack.ports import choose_port
from tests import mail_server

#: Whom it knows itself: nobody of this name, and somebody who has no room.
GONE, FULL = "gone@firm.example", "full@firm.example"

# No rule to try again by: what can't be delivered now is given up at once.
_CONFIG = """\
exim_user = {user}
exim_group = {group}
deliver_drop_privilege
never_users =
keep_environment =
primary_hostname = mx.firm.example
spool_directory = {folder}/spool
log_file_path = {folder}/%slog
pid_file_path = {folder}/pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
disable_ipv6
tls_advertise_hosts =
dsn_advertise_hosts = {dsn}
acl_smtp_rcpt = accept

begin routers
gone:
  driver = redirect
  domains = firm.example
  local_parts = gone
  allow_fail
  data = :fail: Unknown user
full:
  driver = accept
  domains = firm.example
  local_parts = full
  transport = full
office:
  driver = manualroute
  domains = office.example
  route_data = 127.0.0.1
  self = send
  transport = office
us:
  driver = manualroute
  domains = sender.example
  route_data = 127.0.0.1
  self = send
  transport = us

begin transports
full:
  driver = appendfile
  maildir_format
  directory = {folder}/full
  quota = 1
office:
  driver = smtp
  protocol = lmtp
  port = {office}
  allow_localhost
  hosts_avoid_tls = *
us:
  driver = smtp
  port = {us}
  allow_localhost
  hosts_avoid_tls = *

begin retry
"""


@dataclass(frozen=True)
class Exim:
    """Version 4. Mail to `sender.example` goes to us, to `office.example` by LMTP."""

    port: int
    folder: Path

    @property
    def log(self) -> str:
        return (self.folder / "mainlog").read_text()


@asynccontextmanager
async def exim(program: str, *, us: int, office: int, dsn: bool = True) -> AsyncIterator[Exim]:
    """Given the ports that it delivers to; `dsn`: it offers RFC 3461, and we may choose."""
    who = mail_server.owner()
    async with mail_server.folder("exim-") as folder:
        port = choose_port(None, "exim")
        values = {
            "folder": folder,
            "port": port,
            "user": who.pw_name,
            "group": grp.getgrgid(who.pw_gid).gr_name,
            "dsn": "*" if dsn else "",
            "us": us,
            "office": office,
        }
        config = folder / "exim.conf"
        await asyncio.to_thread(config.write_text, _CONFIG.format(**values))
        async with mail_server.running(folder, port, program, "-C", str(config), "-bdf"):
            yield Exim(port, folder)
