"""A Chromium without a window, spoken to over the DevTools protocol through a pipe.

Only the standard library is needed: `--remote-debugging-pipe` takes JSON messages that end in a
zero byte, so there is no web socket to implement.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--hide-scrollbars", "--remote-debugging-pipe",
]
ANSWER_SECONDS_MAX = 60


class Browser:
    """One page in a browser of its own, with a profile that is thrown away."""

    def __init__(self, program):
        self.profile = tempfile.mkdtemp(prefix="ghosthunt-browser-")
        ours_in, self.to_browser = os.pipe()
        self.from_browser, ours_out = os.pipe()
        # The browser reads commands from descriptor 3 and writes answers to descriptor 4. Both ends
        # are moved out of the way first, in case they are 3 or 4 themselves.
        ours_in, ours_out = (move_up(fd) for fd in (ours_in, ours_out))
        self.to_browser, self.from_browser = map(move_up, (self.to_browser, self.from_browser))

        def connect():
            os.dup2(ours_in, 3)
            os.dup2(ours_out, 4)

        self.process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={self.profile}", "about:blank"],
            pass_fds=(3, 4), preexec_fn=connect,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(ours_in)
        os.close(ours_out)
        self.buffer = b""
        self.next_id = 1
        self.errors = []
        self.loaded = False
        targets = self.call("Target.getTargets", session=None)["targetInfos"]
        page = next(target for target in targets if target["type"] == "page")
        attach = {"targetId": page["targetId"], "flatten": True}
        self.session = self.call("Target.attachToTarget", attach, session=None)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method, params=None, session="own"):
        """Sends a command and returns its answer; events that come before it are taken note of."""
        message = {"id": self.next_id, "method": method, "params": params or {}}
        if session == "own":
            message["sessionId"] = self.session
        self.next_id += 1
        os.write(self.to_browser, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == message["id"]:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def receive(self):
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.from_browser], [], [], ANSWER_SECONDS_MAX)
            chunk = os.read(self.from_browser, 1 << 20) if ready else b""
            if not chunk:
                raise RuntimeError("the browser does not answer")
            self.buffer += chunk
        message, self.buffer = self.buffer.split(b"\0", 1)
        message = json.loads(message)
        self.note(message)
        return message

    def note(self, message):
        params = message.get("params", {})
        match message.get("method"):
            case "Page.loadEventFired":
                self.loaded = True
            case "Runtime.exceptionThrown":
                details = params["exceptionDetails"]
                self.errors.append(details.get("exception", {}).get("description", details["text"]))
            case "Runtime.consoleAPICalled" if params["type"] in ("error", "assert", "warning"):
                self.errors.append(str([argument.get("value") for argument in params["args"]]))
            case "Log.entryAdded" if params["entry"]["level"] in ("error", "warning"):
                self.errors.append(params["entry"]["text"])
            case "Network.requestWillBeSent" if not params["request"]["url"].startswith(("file:", "data:")):
                self.errors.append(f"asks the network for {params['request']['url']}")

    def open(self, path):
        self.loaded = False
        self.call("Page.navigate", {"url": f"file://{os.path.abspath(path)}"})
        while not self.loaded:
            self.receive()

    def look(self, width, height, dark=False, touch=False):
        """The size of the window, and the reader's colours."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": touch}
        self.call("Emulation.setDeviceMetricsOverride", size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", {"features": [scheme]})

    def run(self, script):
        """The value of a JavaScript expression."""
        params = {"expression": script, "returnByValue": True, "awaitPromise": True}
        answer = self.call("Runtime.evaluate", params)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise RuntimeError(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    def press(self, key):
        for kind in ("keyDown", "keyUp"):
            text = {"text": key} if len(key) == 1 and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", {"type": kind, "key": key, **text})

    def screenshot(self, path, whole=True):
        shot = self.call("Page.captureScreenshot", {"captureBeyondViewport": whole})
        if whole:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
            shot = self.call("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))

    def close(self):
        try:
            self.call("Browser.close", session=None)
            self.process.wait(ANSWER_SECONDS_MAX)
        except (RuntimeError, OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        os.close(self.to_browser)
        os.close(self.from_browser)
        shutil.rmtree(self.profile, ignore_errors=True)


def move_up(descriptor):
    """The same pipe under a number above those that the browser expects."""
    import fcntl
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(descriptor)
    return moved
