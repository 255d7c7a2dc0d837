"""asyncssh's own SFTP server on a folder: no accounts, nothing sealed, nothing durable, no row."""

import asyncio
import sys

import asyncssh


async def serve(port: int, cipher: str, key: str) -> None:
    """Serve the machine's files to who has ``key`` (a public key's file) until the process is ended."""
    await asyncssh.listen(
        "127.0.0.1",
        port,
        server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
        authorized_client_keys=key,
        sftp_factory=True,
        encryption_algs=[cipher],
    )
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), *sys.argv[2:]))
