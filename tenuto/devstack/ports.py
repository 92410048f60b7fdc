"""Loopback ports: a free one, or a clear word about who has the one that was asked for."""

import socket

import psutil

from tenuto.domain.errors import DependencyError

LOOPBACK = "127.0.0.1"


def choose_port(wanted: int | None, purpose: str) -> int:
    """Return the wanted port if nobody has it, or any free one for None.

    Raises `DependencyError`, naming the program that holds the port.
    """
    try:
        return _bind_once(wanted or 0)
    except OSError as error:
        raise DependencyError(
            f"port {wanted} for {purpose} is taken by {_holder(wanted)}: "
            "stop it, or take free ports: `tenuto up --free-ports`"
        ) from error


def _bind_once(port: int) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Without it, a port that we used a minute ago (TIME_WAIT) would count as taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((LOOPBACK, port))
        bound: int = probe.getsockname()[1]
        return bound


def _holder(port: int | None) -> str:
    """Who listens there, as far as we may know: other users' programs have no name for us."""
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except psutil.Error:
        pass  # macOS lists sockets for root only
    return "another program"
