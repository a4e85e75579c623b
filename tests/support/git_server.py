"""A git server over HTTP on loopback: git's own CGI program behind a door that can be shut.

https://git-scm.com/docs/git-http-backend
"""

import base64
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.support.patience import PATIENCE_SECONDS


class GitServer:
    """Serves the bare repositories in ``folder`` as ``{url}/{owner}/{name}.git``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = ""
        self.token: str | None = None
        """What ``x-access-token`` has to send; None: everybody may read."""
        self.status: int | None = None
        """What every request is answered with, if anything."""
        self.answering = threading.Event()
        """While it is not set, requests wait."""
        self.answering.set()
        self.asked = threading.Event()
        """Set by the first request."""
        self.requests: list[str] = []
        """Method and path of each request, in order."""

    def refusal(self, authorization: str | None) -> int | None:
        """The status of an answer that is no git's, if it has to be one."""
        if self.status is not None:
            return self.status
        expected = base64.b64encode(f"x-access-token:{self.token}".encode()).decode()
        return 401 if self.token is not None and authorization != f"Basic {expected}" else None


@contextmanager
def git_server(folder: Path) -> Iterator[GitServer]:
    """A server for as long as the block lasts."""
    server = GitServer(folder)
    handler = type("Handler", (_Handler,), {"git": server})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        http.daemon_threads = False
        server.url = f"http://127.0.0.1:{http.server_port}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.answering.set()
            http.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    git: GitServer

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def log_message(self, *_: object) -> None:
        """Stay silent."""

    def _answer(self, body: bytes) -> None:
        self.git.requests.append(f"{self.command} {self.path}")
        self.git.asked.set()
        self.git.answering.wait(PATIENCE_SECONDS)
        refusal = self.git.refusal(self.headers.get("Authorization"))
        if refusal is not None:
            self._refuse(refusal)
        else:
            self._serve(body)

    def _refuse(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        if status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
        self.end_headers()

    def _serve(self, body: bytes) -> None:
        path, _, query = self.path.partition("?")
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.git.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
        }
        answer = subprocess.run(
            ["git", "http-backend"], input=body, env=environment, capture_output=True, check=True
        ).stdout
        head, _, content = answer.partition(b"\r\n\r\n")
        headers = [line.split(": ", 1) for line in head.decode().split("\r\n")]
        status = next((value for name, value in headers if name == "Status"), "200")
        self.send_response(int(status.split()[0]))
        for name, value in headers:
            if name != "Status":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
