#!/usr/bin/env python3
"""Looks at generated pages in a real browser.

    tests/browser/pages.py [--screenshots DIR] [--browser PROGRAM] PAGE.html ...

Each page is loaded at desktop width, at phone width and at 400 % zoom, light and dark. The player is
stepped to the end and back, one game is played to the target (or given up, where there is none), and
nothing may be logged as an error, ask the network, or overflow. Exits with 1 if something is wrong.
"""

import argparse
import os
import shutil
import sys

from cdp import Browser

# A window of 1280 pixels at 400 % zoom is 320 CSS pixels wide.
LOOKS = {
    "desktop": dict(width=1280, height=900),
    "desktop-dark": dict(width=1280, height=900, dark=True),
    "phone": dict(width=390, height=844, touch=True),
    "phone-dark": dict(width=390, height=844, touch=True, dark=True),
    "zoomed": dict(width=320, height=256),
}
SCREENSHOTS = ("desktop", "desktop-dark", "phone", "phone-dark")

# Elements whose content is wider than they are, unless they or what holds them scroll; and texts of
# diagrams that leave their boxes or the drawing.
OVERFLOWING = """(() => {
  const found = [];
  const scrolls = (element) => element.closest("pre, .diagram, .table") !== null;
  if (document.documentElement.scrollWidth > window.innerWidth) {
    found.push(`the page is ${document.documentElement.scrollWidth} wide, the window ${window.innerWidth}`);
  }
  for (const element of document.querySelectorAll("body *")) {
    if (element.closest("svg") || scrolls(element) || !element.offsetParent) continue;
    if (element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0
        && getComputedStyle(element).display !== "inline") {
      found.push(`<${element.tagName.toLowerCase()} id="${element.id}" class="${element.className}"> `
        + element.textContent.trim().slice(0, 60));
    }
  }
  for (const drawing of document.querySelectorAll("svg.gh")) {
    const view = drawing.viewBox.baseVal;
    for (const text of drawing.querySelectorAll("text")) {
      const box = text.getBBox();
      if (box.x < 0 || box.y < 0 || box.x + box.width > view.width || box.y + box.height > view.height) {
        found.push(`outside the drawing: ${text.textContent}`);
      }
      const before = text.previousElementSibling;
      if (before && before.tagName === "rect" && /box|note/.test(before.getAttribute("class"))) {
        const around = before.getBBox();
        if (box.x < around.x || box.x + box.width > around.x + around.width
            || box.y + box.height > around.y + around.height + 1) {
          found.push(`outside its box: ${text.textContent}`);
        }
      }
    }
  }
  return found;
})()"""


class Page:
    """A page under test, and what is wrong with it."""

    def __init__(self, browser, path):
        self.browser = browser
        self.path = path
        self.wrong = []

    def expect(self, holds, what):
        if not holds:
            self.wrong.append(what)

    def text(self, selector):
        return self.browser.run(f"document.querySelector({selector!r}).textContent")

    def click(self, selector):
        self.browser.run(f"document.querySelector({selector!r}).click()")

    def fits(self, look):
        for overflow in self.browser.run(OVERFLOWING)[:5]:
            self.expect(False, f"{look}: overflows: {overflow}")

    def position(self):
        value = "[slider.value, slider.max].map(Number)"
        return self.browser.run(f"(() => {{ const slider = document.getElementById('slider'); return {value}; }})()")

    def steps_to_the_end_and_back(self, look):
        self.click("#first")
        _, steps = self.position()
        seen = [self.text("#now")]
        for _ in range(steps):
            self.browser.press("ArrowRight")
            seen.append(self.text("#now"))
        self.expect(self.position() == [steps, steps], f"{look}: {steps} steps forward do not lead to the end")
        self.expect(len(set(seen)) == len(seen), f"{look}: two steps say the same")
        self.expect(self.browser.run("document.querySelector('#forward').disabled"), f"{look}: one can go beyond the end")
        self.fits(f"{look}, at the end")
        for _ in range(steps):
            self.click("#back")
        self.expect(self.text("#now") == seen[0], f"{look}: back at the start it is not as before")

    def plays_a_game(self, look):
        if self.browser.run("document.querySelector('#game').hidden || document.querySelector('#hunt').hidden"):
            return
        self.click("#first")
        # A step of one's own first: the last that can be chosen.
        self.click("#choices button:last-of-type")
        self.click("#hunt")
        said = self.text("#hunted")
        if said.startswith("I give up"):
            self.expect("✗" not in self.text("#fate"), f"{look}: given up at the target")
        else:
            for _ in range(500):
                if self.browser.run("document.querySelector('#forward').disabled"):
                    break
                self.click("#forward")
            self.expect(self.text("#fate").startswith("✗"), f"{look}: the hunt ends in {self.text('#fate')!r}")
        self.browser.run("document.querySelector('#risk').click()")
        self.click("#first")
        # A game of first choices ends, or goes round for ever; it must not break.
        for _ in range(60):
            self.browser.press("1")
        self.fits(f"{look}, in a game")
        self.click("#follow")
        self.click("#first")
        self.browser.run("document.querySelector('#risk').click()")

    def check(self, screenshots):
        for look, settings in LOOKS.items():
            self.browser.errors.clear()
            self.browser.look(**settings)
            self.browser.open(self.path)
            if self.browser.run("document.getElementById('player') === null"):
                self.fits(look)
                self.shoot(screenshots, look)
                continue
            self.fits(look)
            casts = self.browser.run("Math.max(1, document.querySelectorAll('#casts button').length)")
            for cast in range(casts):
                if casts > 1:
                    self.click(f"#casts button:nth-of-type({cast + 1})")
                if look in ("desktop", "phone"):
                    self.steps_to_the_end_and_back(f"{look}, cast {cast + 1}")
                    self.plays_a_game(f"{look}, cast {cast + 1}")
                self.fits(f"{look}, cast {cast + 1}")
            if casts > 1:
                self.click("#casts button:nth-of-type(1)")
            # Pictures are taken where something is to be seen: past the middle of the schedule.
            self.browser.run("""(() => { const slider = document.getElementById('slider');
                slider.value = Math.ceil(slider.max * 0.86); slider.dispatchEvent(new Event('input')); })()""")
            self.shoot(screenshots, look)
            for error in self.browser.errors:
                self.expect(False, f"{look}: {error}")

    def shoot(self, screenshots, look):
        if screenshots and look in SCREENSHOTS:
            name = os.path.splitext(os.path.basename(self.path))[0]
            self.browser.screenshot(os.path.join(screenshots, f"{name}-{look}.png"))


def main():
    parser = argparse.ArgumentParser(description="Looks at generated pages in a real browser.")
    parser.add_argument("pages", nargs="+", metavar="PAGE.html")
    parser.add_argument("--screenshots", metavar="DIR", help="write pictures of each page there")
    parser.add_argument("--browser", default=shutil.which("chromium") or "chromium")
    arguments = parser.parse_args()
    if arguments.screenshots:
        os.makedirs(arguments.screenshots, exist_ok=True)
    failed = False
    browser = Browser(arguments.browser)
    try:
        for path in arguments.pages:
            page = Page(browser, path)
            page.check(arguments.screenshots)
            print(f"{'FAILED' if page.wrong else 'ok':8}{path}")
            for wrong in page.wrong:
                print(f"        {wrong}")
            failed = failed or bool(page.wrong)
    finally:
        browser.close()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
