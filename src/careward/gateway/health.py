"""Whether a gateway answers, for /healthz."""

import socket


def probe(host: str, port: int, seconds: float = 2.0) -> bool:
    """Say whether an SSH server greets at ``host``:``port`` within ``seconds``; a silent one is False."""
    try:
        with socket.create_connection((host, port), timeout=seconds) as connection:
            connection.settimeout(seconds)
            return connection.recv(8).startswith(b"SSH-2.0-")
    except OSError:
        return False
