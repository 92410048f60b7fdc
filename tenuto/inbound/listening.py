"""Ports that doors listen on."""

import socket

from tenuto.domain.errors import DependencyError


def listen(host: str, port: int, setting: str) -> socket.socket:
    """A bound socket. Port 0 takes a free one.

    :raises DependencyError: naming the setting, when the port can't be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=512)
    except OSError as error:
        msg = f"can't listen on {host} port {port} ({error.strerror}); choose another in {setting}"
        raise DependencyError(msg) from error
