"""A headless Chromium, driven over two pipes by the Chrome DevTools Protocol."""

import base64
import json
import os
import select
import signal
import subprocess
import time

DEADLINE_S = 60
QUIET = (
    "--headless=new",
    "--no-sandbox",  # tests may run as root
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--remote-debugging-pipe",
)


class Browser:
    """The browser; closed with all that it started when its block ends."""

    def __init__(self, profile):
        to_read, self._to = os.pipe()
        self._from, from_write = os.pipe()
        # It reads commands from 3 and writes to 4.
        self._process = subprocess.Popen(
            [
                "bash",
                "-c",
                f'exec "$0" "$@" 3<&{to_read} 4>&{from_write}',
                "chromium",
                *QUIET,
                f"--user-data-dir={profile}",
            ],
            pass_fds=(to_read, from_write),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(to_read)
        os.close(from_write)
        self._read, self._number, self.events = b"", 0, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.call("Browser.close")
            self._process.wait(DEADLINE_S)
        finally:
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
            os.close(self._to)
            os.close(self._from)

    def call(self, method, session=None, **parameters):
        """What a method of the protocol returns."""
        self._number += 1
        number = self._number
        message = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        for answer in self._messages():
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]
            self.events.append(answer)
        raise AssertionError(f"no answer to {method}")

    def _messages(self):
        deadline = time.monotonic() + DEADLINE_S
        while (left := deadline - time.monotonic()) > 0:
            while b"\0" in self._read:
                message, _, self._read = self._read.partition(b"\0")
                yield json.loads(message)
            if select.select([self._from], [], [], left)[0]:
                read = os.read(self._from, 1 << 20)
                assert read, "the browser ended"
                self._read += read

    def open(self, url, width=1280, height=800, **media):
        """A page of this size; `media` are features such as `prefers_color_scheme`."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.call(f"{domain}.enable")
        page.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        features = [{"name": k.replace("_", "-"), "value": v} for k, v in media.items()]
        page.call("Emulation.setEmulatedMedia", features=features)
        page.load("Page.navigate", url=url)
        return page

    def wait_for_event(self, session, method, number):
        """Until there were so many events of this kind."""
        for message in self._messages():
            self.events.append(message)
            if len(Page(self, session).events(method)) >= number:
                return
        raise AssertionError(f"no {method}")


class Page:
    """One page of the browser."""

    def __init__(self, browser, session):
        self._browser, self._session = browser, session

    def call(self, method, **parameters):
        return self._browser.call(method, self._session, **parameters)

    def load(self, method, **parameters):
        """Calls a method that loads a page, and waits until that is loaded."""
        loaded = "Page.loadEventFired"
        number = len(self.events(loaded)) + 1
        self.call(method, **parameters)
        if len(self.events(loaded)) < number:
            self._browser.wait_for_event(self._session, loaded, number)

    def evaluate(self, expression):
        """The value of an expression in the page; of a promise, what it becomes."""
        result = self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def wait_for(self, condition):
        """Until the condition holds in the page."""
        self.evaluate(
            f"new Promise((done) => {{ const ask = () => ({condition}) ? done(true)"
            " : setTimeout(ask, 20); ask(); })"
        )

    def events(self, *methods):
        """The parameters of all events of these kinds in this page so far."""
        return [
            event["params"]
            for event in self._browser.events
            if event.get("sessionId") == self._session and event["method"] in methods
        ]

    def said(self):
        """What stands on the console, or was thrown."""
        return self.events("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")

    def press(self, key, code):
        """One key, down and up."""
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code)

    def screenshot(self, path, *, whole=False):
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot["data"]))

    def pdf(self, path):
        """What is printed on A4."""
        printed = self.call("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)
        path.write_bytes(base64.b64decode(printed["data"]))
