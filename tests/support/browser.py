"""A real browser without a window, spoken to through the DevTools protocol.

https://chromedevtools.github.io/devtools-protocol/. It is spoken over pipes (``--remote-debugging-pipe``), so
that no port is opened and nothing is left when the browser has ended.
"""

import asyncio
import json
import os
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from typing import Any, Self

from tests.support.eventually import eventually
from tests.support.patience import PATIENCE_SECONDS
from tests.support.tools import need

MESSAGE_LIMIT = 256 * 1024 * 1024
"""Bytes; a screenshot of a long page is one message."""

# The browser reads from descriptor 3 and writes to 4; the shell puts the pipes there.
_ON_PIPES = 'exec "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1'
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--no-first-run",
    "--remote-debugging-pipe",
)


@asynccontextmanager
async def chromium() -> AsyncIterator["Browser"]:
    """A browser with a profile of its own; it and all its processes have ended when the block is left."""
    need("chromium")
    with tempfile.TemporaryDirectory(prefix="tickborg-chromium-", ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            *("sh", "-c", _ON_PIPES, "sh", "chromium", *_FLAGS, f"--user-data-dir={profile}", "about:blank"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
            limit=MESSAGE_LIMIT,
            # Whatever the profile is, reports of crashes and settings of the desktop would go to our home.
            env={"PATH": os.environ["PATH"], "HOME": profile, "TMPDIR": profile},
        )
        browser = Browser(process)
        try:
            yield browser
        finally:
            await browser.close()


class Browser:
    """A browser that runs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._ids = count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._tabs: dict[str, Tab] = {}
        self._reading = asyncio.create_task(self._read())

    async def open(
        self, url: str, *, width: int = 1280, height: int = 900, dark: bool = False, scripts: bool = True
    ) -> "Tab":
        """Show ``url`` in a tab of its own and return when it is loaded."""
        target = await self.call("Target.createTarget", url="about:blank", newWindow=True)
        attached = await self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        tab = Tab(self, attached["sessionId"], target["targetId"])
        self._tabs[attached["sessionId"]] = tab
        await tab.prepare(width, height, dark=dark, scripts=scripts)
        await tab.go(url)
        return tab

    async def call(self, method: str, *, session: str | None = None, **parameters: object) -> Any:
        """Call a method of the protocol and return its result; an AssertionError shows what it refused."""
        number = next(self._ids)
        message: dict[str, object] = {"id": number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        stdin = self._process.stdin
        assert stdin is not None
        stdin.write(json.dumps(message).encode() + b"\0")
        await stdin.drain()
        return await answer

    async def close(self) -> None:
        """End the browser and wait until it has."""
        with suppress(TimeoutError, ConnectionError, AssertionError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self.call("Browser.close")
                await self._process.wait()
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        await self._reading

    async def _read(self) -> None:
        """Hand out what the browser says, until it says no more."""
        stdout = self._process.stdout
        assert stdout is not None
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                self._take(json.loads((await stdout.readuntil(b"\0"))[:-1]))
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(AssertionError("the browser has ended"))
                answer.exception()  # whoever waits sees it; nobody has to

    def _take(self, message: Any) -> None:
        if "id" not in message:
            tab = self._tabs.get(message.get("sessionId"))
            if tab is not None:
                tab.hear(message["method"], message["params"])
            return
        answer = self._answers.pop(message["id"])
        if "error" in message:
            answer.set_exception(AssertionError(message["error"]))
        else:
            answer.set_result(message["result"])


class Tab:
    """A page that is shown."""

    def __init__(self, browser: Browser, session: str, target: str) -> None:
        self._browser = browser
        self._session = session
        self._target = target
        self._loaded = asyncio.Event()
        self.complaints: list[str] = []
        """What the browser objected to: errors of scripts, refused content, requests that failed."""

    async def prepare(self, width: int, height: int, *, dark: bool, scripts: bool) -> None:
        """Set up the view."""
        for domain in ("Page", "Runtime", "Log"):
            await self._call(f"{domain}.enable")
        await self._call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        await self._call("Emulation.setScrollbarsHidden", hidden=True)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self._call("Emulation.setEmulatedMedia", features=[scheme])
        await self._call("Emulation.setScriptExecutionDisabled", value=not scripts)

    async def go(self, url: str) -> Self:
        """Load another page here."""
        self._loaded.clear()
        await self._call("Page.navigate", url=url)
        await self._loaded.wait()
        return self

    async def evaluate(self, expression: str) -> Any:
        """The value of an expression of JavaScript, awaited if it is a promise."""
        result = await self._call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    async def until(self, expression: str) -> Any:
        """Wait until an expression is true, and return its value."""
        return await eventually(lambda: self.evaluate(expression))

    async def close(self) -> None:
        """Show nothing more; connections of the page are ended."""
        await self._browser.call("Target.closeTarget", targetId=self._target)

    def hear(self, method: str, parameters: Any) -> None:
        """Take note of an event."""
        if method == "Page.loadEventFired":
            self._loaded.set()
        elif method == "Log.entryAdded" and parameters["entry"]["level"] in {"error", "warning"}:
            self.complaints.append(f"{parameters['entry']['text']} ({parameters['entry'].get('url', '')})")
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(parameters["exceptionDetails"]))

    async def _call(self, method: str, **parameters: object) -> Any:
        return await self._browser.call(method, session=self._session, **parameters)
