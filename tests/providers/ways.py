"""Real proxies and a real authority on loopback, between a client and its server."""

import asyncio
import contextlib
import datetime
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.providers.replay import some_rounds


class Proxy:
    """A proxy that takes every name for this machine, and keeps whom it was asked for."""

    def __init__(self, *, password: str = "", status: str = "") -> None:
        """It demands the name `me` with a password, or refuses everything with an HTTP status."""
        self.password = password
        self.status = status
        self.asked: list[str] = []
        self.port = 0
        self.handlers: set[asyncio.Task[None]] = set()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        task = asyncio.current_task()
        assert task is not None
        self.handlers.add(task)
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
                first = await reader.readexactly(1)
                await (self._socks(reader, writer) if first == b"\x05" else self._http(first, reader, writer))
        finally:
            writer.close()

    async def _socks(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        methods = await reader.readexactly((await reader.readexactly(1))[0])
        wanted = 2 if self.password else 0
        writer.write(bytes([5, wanted if wanted in methods else 255]))
        if wanted == 2:
            await reader.readexactly(1)
            name = await reader.readexactly((await reader.readexactly(1))[0])
            password = await reader.readexactly((await reader.readexactly(1))[0])
            writer.write(bytes([1, int((name.decode(), password.decode()) != ("me", self.password))]))
        _, _, _, kind = await reader.readexactly(4)
        length = (await reader.readexactly(1))[0] if kind == 3 else 4
        host = await reader.readexactly(length)
        port = int.from_bytes(await reader.readexactly(2), "big")
        self.asked.append(f"{host.decode() if kind == 3 else ipaddress.ip_address(host)}:{port}")
        try:
            there = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.write(b"\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00")
            return
        writer.write(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
        await _join(reader, writer, *there)

    async def _http(self, first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = first + await reader.readuntil(b"\r\n\r\n")
        method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
        place = target.removeprefix("http://").partition("/")[0]
        self.asked.append(place)
        if self.status:
            writer.write(f"HTTP/1.1 {self.status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
            return
        there = await asyncio.open_connection("127.0.0.1", int(place.rpartition(":")[2]))
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            there[1].write(head.replace(f"http://{place}".encode(), b"", 1))
        await _join(reader, writer, *there)


@asynccontextmanager
async def proxy(*, password: str = "", status: str = "") -> AsyncIterator[Proxy]:
    """A proxy that speaks http and SOCKS 5."""
    standing = Proxy(password=password, status=status)
    async with await asyncio.start_server(standing.handle, "127.0.0.1", 0) as server:
        standing.port = server.sockets[0].getsockname()[1]
        yield standing
        await some_rounds()
        for task in standing.handlers:
            task.cancel()
        await asyncio.gather(*standing.handlers, return_exceptions=True)
    await some_rounds()


async def _join(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    from_there: asyncio.StreamReader,
    to_there: asyncio.StreamWriter,
) -> None:
    """Pass on what comes from either side until the server has ended."""
    asking = asyncio.create_task(_pass(reader, to_there))
    try:
        await _pass(from_there, writer)
    finally:
        asking.cancel()
        to_there.close()
        await asyncio.gather(asking, to_there.wait_closed(), return_exceptions=True)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


class Authority:
    """An authority of one's own, in a file, with the certificate of one server on this machine."""

    def __init__(self, folder: Path, *, name: str = "127.0.0.1", expired: bool = False) -> None:
        now = datetime.datetime.now(datetime.UTC)
        until = now + datetime.timedelta(days=-1 if expired else 1)
        self.file = folder / "authority.pem"
        key, server_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "own authority")])
        start = x509.CertificateBuilder().issuer_name(issuer).not_valid_before(now - datetime.timedelta(days=2))
        own = start.subject_name(issuer).public_key(key.public_key()).serial_number(1).not_valid_after(until)
        own = own.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.file.write_bytes(own.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        served = start.subject_name(subject).public_key(server_key.public_key()).serial_number(2)
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(name))])
        signed = served.not_valid_after(until).add_extension(names, critical=False).sign(key, hashes.SHA256())
        chain = folder / "server.pem"
        chain.write_bytes(
            server_key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + signed.public_bytes(serialization.Encoding.PEM)
        )
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.load_cert_chain(chain)
