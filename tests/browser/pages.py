#!/usr/bin/env python3
"""Looks at generated pages in a real browser.

    tests/browser/pages.py [--screenshots DIR] [--browser PROGRAM] PAGE.html ...

Each page is loaded at desktop width, at phone width and at 400 % zoom, light and dark. The player is
stepped to the end and back (round its cycle, where there is one), a game is played to the target (or
given up, where there is none), the state graph is walked with the keyboard, and nothing may be logged
as an error, ask the network, overflow, lie over something else, or be too faint to read. Exits with 1
if something is wrong.
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
SCREENSHOTS = ("desktop", "desktop-dark", "phone", "phone-dark", "zoomed")

# Elements whose content is wider than they are, unless they or what holds them scroll; and texts of
# diagrams that leave their boxes or the drawing.
OVERFLOWING = """(() => {
  const found = [];
  const scrolls = (element) => element.closest(".scrolls") !== null;
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
  // What scrolls says so, to the eye and to a screen reader, can be reached by keyboard, and nothing else does.
  for (const element of document.querySelectorAll("body *")) {
    const style = getComputedStyle(element);
    if (!element.offsetParent || element.closest("svg") || !/auto|scroll|hidden/.test(style.overflowX + style.overflowY)) continue;
    const what = `${element.tagName.toLowerCase()} ${element.className} ${element.textContent.trim().slice(0, 40)}`;
    const hint = element.previousElementSibling;
    if (!element.matches(".scrolls")) { found.push(`may be cut: ${what}`); continue; }
    const label = element.getAttribute("aria-label") || "";
    if (element.tabIndex !== 0 || element.getAttribute("role") !== "region" || !label.endsWith("scrollable")) {
      found.push(`scrolls, and is no region of that name: ${what}`);
    }
    const cut = element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1;
    if (!hint || !hint.matches(".scrolling")) found.push(`scrolls without a word: ${what}`);
    else if (cut === hint.hidden) found.push(`${cut ? "scrolls" : "fits"}, and the line above it says otherwise: ${what}`);
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
    // What a drawing says lies side by side: boxes of steps and notes, nodes, and words beside them.
    const boxes = [...drawing.querySelectorAll(".box, .note, .head, .mark, .node > .shape:not(.inner), .means, .again, .marked")]
      .map((element) => [element, element.getBBox()]);
    for (const [i, [one, a]] of boxes.entries()) {
      for (const [other, b] of boxes.slice(i + 1)) {
        // A thread's notes about itself hang on its step.
        const hangs = one.parentElement === other.parentElement && one.closest(".step");
        if (!hangs && a.x + a.width > b.x + 1 && b.x + b.width > a.x + 1
            && a.y + a.height > b.y + 1 && b.y + b.height > a.y + 1) {
          found.push(`overlap: ${one.parentElement.textContent.slice(0, 40)} | ${other.parentElement.textContent.slice(0, 40)}`);
        }
      }
    }
    for (const text of drawing.querySelectorAll("text")) {
      if (parseFloat(getComputedStyle(text).fontSize) < 11) found.push(`too small: ${text.textContent}`);
    }
  }
  return found;
})()"""

# Texts whose contrast with what is behind them is below what WCAG 2.1 asks for (1.4.3, level AA).
FAINT = """(() => {
  const found = [];
  const numbers = (colour) => (colour.match(/[\\d.]+/g) || []).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = numbers(colour).slice(0, 3).map((part) => {
      const value = part / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const solid = (colour) => colour !== "none" && !(numbers(colour).length === 4 && numbers(colour)[3] === 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (solid(colour)) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  // In a drawing, what is behind a text is the shape before it, if that is filled and the text is on it.
  const shape = (text) => {
    for (let at = text.previousElementSibling; at; at = at.previousElementSibling) {
      if (!(at instanceof SVGGeometryElement) || !solid(getComputedStyle(at).fill)) continue;
      const [box, own] = [at.getBBox(), text.getBBox()];
      const y = own.y + own.height / 2;
      if (box.x <= own.x + 1 && own.x + own.width <= box.x + box.width + 1 && box.y <= y && y <= box.y + box.height) {
        return getComputedStyle(at).fill;
      }
    }
    return behind(text);
  };
  const texts = [...document.querySelectorAll("body *")].filter((element) =>
    [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()));
  for (const element of texts) {
    if (element.closest("script, style, title, desc, [disabled], .skip") || !element.getClientRects().length) continue;
    const text = element.closest("svg") ? element.closest("text") : null;
    const style = getComputedStyle(text || element);
    const [a, b] = [luminance(text ? style.fill : style.color), luminance(text ? shape(text) : behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push(`${ratio.toFixed(2)}: ${element.textContent.trim().slice(0, 40)}`);
  }
  return found;
})()"""

# What has no name, or cannot be reached: buttons, regions and drawings.
UNNAMED = """(() => {
  const found = [];
  for (const element of document.querySelectorAll("button, [role], input, svg, a")) {
    if (element.closest("[hidden], [aria-hidden=true]") || !element.getClientRects().length) continue;
    const by = (element.getAttribute("aria-labelledby") || "").split(" ").filter((id) => id);
    const lost = by.filter((id) => !document.getElementById(id));
    const named = element.textContent.trim() || element.getAttribute("aria-label") || by.length
      || (element.labels && element.labels.length) || element.getAttribute("role") === "status";
    if (!named || lost.length) found.push(element.outerHTML.slice(0, 80));
  }
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const [i, id] of ids.entries()) if (ids.indexOf(id) !== i) found.push(`two elements are ${id}`);
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

    def settle(self):
        """Waits until what follows from the last change of the page, an observer or a lost focus, is done."""
        frame = "new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
        self.browser.run(f"{frame}.then(() => {frame})")

    def fits(self, look):
        self.settle()
        for overflow in self.browser.run(OVERFLOWING)[:5]:
            self.expect(False, f"{look}: overflows: {overflow}")

    def reads(self, look):
        """Contrast and names, as they are now."""
        for faint in self.browser.run(FAINT)[:5]:
            self.expect(False, f"{look}: faint: {faint}")
        for unnamed in self.browser.run(UNNAMED)[:5]:
            self.expect(False, f"{look}: without a name: {unnamed}")

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
        self.fits(f"{look}, at the end")
        if self.text("#forward").startswith("Again"):
            self.goes_round(look, steps)
        else:
            self.expect(self.browser.run("document.querySelector('#forward').disabled"), f"{look}: one can go beyond the end")
        for _ in range(steps):
            self.click("#back")
        self.expect(self.text("#now") == seen[0], f"{look}: back at the start it is not as before")

    def goes_round(self, look, steps):
        """From the end of a run that goes on for ever, round its cycle once."""
        self.expect("↻" in self.text("#fate"), f"{look}: at the end of a cycle it says {self.text('#fate')!r}")
        self.expect(not self.browser.run("document.querySelector('#forward').disabled"), f"{look}: a cycle cannot be gone round")
        self.browser.press("ArrowRight")
        first, _ = self.position()
        self.expect(0 < first <= steps, f"{look}: the cycle begins with step {first}")
        self.expect("2nd time" in self.text("#now"), f"{look}: the second round says {self.text('#now')!r}")
        for _ in range(steps - first):
            self.click("#forward")
        self.expect(self.position() == [steps, steps], f"{look}: the cycle does not lead to its end")

    def walks_the_graph(self, look):
        """In the drawn state graph: by keyboard a step on, by a click back; the mark follows."""
        if self.browser.run("document.querySelector('#graphs').hidden"):
            return
        self.click("#first")
        shown = ".graph:not([hidden])"
        here = f"Number(document.querySelector('{shown} .node.at').dataset.state)"
        self.expect(self.browser.run(here) == 0, f"{look}: the graph does not begin at the start")
        for _ in range(200):
            if not self.browser.run(f"document.querySelectorAll('{shown} .node.next').length"):
                break
            before = self.browser.run(here)
            self.browser.run(f"document.querySelector('{shown} .node.next').focus()")
            self.browser.press("Enter")
            after = self.browser.run(here)
            if after == before:
                self.expect(False, f"{look}: Enter on a neighbour leaves one at {before}")
                break
            inside = f"document.querySelector('{shown}').contains(document.activeElement)"
            self.expect(self.browser.run(inside), f"{look}: the focus leaves the graph")
        at, _ = self.position()
        self.expect(at > 0, f"{look}: nobody walked")
        self.browser.run(f"document.querySelector('{shown} .node[data-state=\"0\"]').dispatchEvent(new Event('click', {{ bubbles: true }}))")
        self.expect(self.browser.run(here) == 0, f"{look}: a click on the start does not lead there")
        self.click("#follow")
        self.click("#first")

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
        self.reads(f"{look}, in a game")
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
                self.reads(look)
                self.shoot(screenshots, look)
                continue
            self.open_everything()
            self.fits(look)
            self.reads(look)
            casts = self.browser.run("Math.max(1, document.querySelectorAll('#casts button').length)")
            for cast in range(casts):
                if casts > 1:
                    self.click(f"#casts button:nth-of-type({cast + 1})")
                    self.settle()
                if look in ("desktop", "phone"):
                    self.steps_to_the_end_and_back(f"{look}, cast {cast + 1}")
                    self.plays_a_game(f"{look}, cast {cast + 1}")
                    self.walks_the_graph(f"{look}, cast {cast + 1}")
                self.fits(f"{look}, cast {cast + 1}")
                self.reads(f"{look}, cast {cast + 1}")
            if casts > 1:
                self.click("#casts button:nth-of-type(1)")
            self.close_again()
            # Pictures are taken where something is to be seen: past the middle of the schedule.
            self.browser.run("""(() => { const slider = document.getElementById('slider');
                slider.value = Math.ceil(slider.max * 0.86); slider.dispatchEvent(new Event('input')); })()""")
            self.shoot(screenshots, look)
            for error in self.browser.errors:
                self.expect(False, f"{look}: {error}")

    def open_everything(self):
        """What is folded away must fit as well."""
        self.browser.run("""for (const folded of document.querySelectorAll("details:not([open])")) {
            folded.open = true; folded.dataset.folded = ""; }""")

    def close_again(self):
        self.browser.run("""for (const folded of document.querySelectorAll("[data-folded]")) folded.open = false;""")

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
