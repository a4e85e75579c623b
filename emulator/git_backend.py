"""`git http-backend`, the CGI program git itself brings, run for one request at a time.

(https://git-scm.com/docs/git-http-backend)
"""

import asyncio
import os
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from starlette.requests import ClientDisconnect, Request
from starlette.types import Send

_CHUNK = 64 * 1024
_HEADERS_END = b"\r\n\r\n"
# A fetch may ask for any object by its sha, and for a part of a repository, as on GitHub.
_CONFIG = {
    "uploadpack.allowAnySHA1InWant": "true",
    "uploadpack.allowReachableSHA1InWant": "true",
    "uploadpack.allowTipSHA1InWant": "true",
    "uploadpack.allowFilter": "true",
    "receive.autogc": "false",
    "safe.directory": "*",
}


class BackendFailedError(RuntimeError):
    """`git http-backend` ended without an answer; the message is what it wrote on its standard error."""


async def run(repository: Path, service: str, user: str | None, http: Request, send: Send) -> int:
    """Pass a request on to git and its answer back, both as they come; return the status.

    `service` is the path below the repository, `user` whoever asks: without one git refuses pushes.
    Raises `BackendFailedError` where git has no answer.
    """
    async with _backend(_environment(repository, service, user, http)) as process:
        feeding = asyncio.create_task(_feed(process, http))
        try:
            return await _relay(process, send)
        finally:
            feeding.cancel()
            with suppress(asyncio.CancelledError):
                await feeding


def _environment(repository: Path, service: str, user: str | None, http: Request) -> dict[str, str]:
    """The CGI variables of a request, and git's configuration, of which none comes from this machine."""
    variables = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C",
        "HOME": str(repository),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_TRANSLATED": f"{repository}/{service}",
        "REQUEST_METHOD": http.method,
        "QUERY_STRING": http.url.query,
        "REMOTE_ADDR": http.client.host if http.client else "",
        **_headers(http.headers),
        **_configuration(),
    }
    return variables if user is None else variables | {"REMOTE_USER": user}


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    """What git reads of a request's headers; without a length it reads till the end."""
    names = {
        "content-type": "CONTENT_TYPE",
        "content-length": "CONTENT_LENGTH",
        "content-encoding": "HTTP_CONTENT_ENCODING",
        "git-protocol": "GIT_PROTOCOL",
    }
    return {variable: headers[name] for name, variable in names.items() if name in headers}


def _configuration() -> dict[str, str]:
    numbered = [(f"GIT_CONFIG_{kind}_{number}", text)
                for number, setting in enumerate(_CONFIG.items())
                for kind, text in zip(("KEY", "VALUE"), setting, strict=True)]  # fmt: skip
    return {"GIT_CONFIG_COUNT": str(len(_CONFIG)), **dict(numbered)}


@asynccontextmanager
async def _backend(environment: dict[str, str]) -> AsyncIterator[Process]:
    """A running backend, which is gone, its pipes closed, however the block is left."""
    starting = asyncio.create_task(
        asyncio.create_subprocess_exec(
            "git", "http-backend", stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment
        )
    )
    try:
        # Shielded: a process whose start is cancelled half-way would be nobody's.
        yield await asyncio.shield(starting)
    finally:
        await _end(await starting)


async def _end(process: Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
    if process.stdin is not None:
        process.stdin.close()
    await process.communicate()


async def _feed(process: Process, http: Request) -> None:
    """Give git the request's body. A client that leaves, or a git that has read enough, ends it."""
    stdin = process.stdin
    if stdin is None:
        return
    with suppress(ClientDisconnect, BrokenPipeError, ConnectionResetError):
        async for chunk in http.stream():
            stdin.write(chunk)
            await stdin.drain()
    stdin.close()


async def _relay(process: Process, send: Send) -> int:
    """Send git's answer to the client, status and headers first."""
    stdout = process.stdout
    if stdout is None:
        raise BackendFailedError("git http-backend has no output to read")
    try:
        head = await stdout.readuntil(_HEADERS_END)
    except asyncio.IncompleteReadError:
        complaint = await process.stderr.read() if process.stderr else b""
        raise BackendFailedError(complaint.decode("utf-8", "replace").strip()) from None
    status, headers = _parse(head)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    while chunk := await stdout.read(_CHUNK):
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await process.wait()
    return status


def _parse(head: bytes) -> tuple[int, list[tuple[bytes, bytes]]]:
    """Status and headers of a CGI answer; without a `Status` it is 200."""
    fields = [line.split(b":", 1) for line in head.removesuffix(_HEADERS_END).split(b"\r\n")]
    headers = [(name.lower(), value.strip()) for name, value in fields]
    status = next((value for name, value in headers if name == b"status"), b"200 OK")
    return int(status.split()[0]), [(name, value) for name, value in headers if name != b"status"]
