"""A practised person at work: what they do is done in the browser, and counted by the keystroke-level model.

    hands = Hands(page)                     # the page is open: one page seen
    hands.press("F2"); hands.think(); hands.type("bouz"); hands.think(); hands.press("Enter")
    told = hands.report("arrival", budget_s=5)

`report` prints one JSON line, {"name", "pages", "clicks", "keys", "klm_s", "budget_s"}, adds it to the file named by
UX_FILE, and gives it back; it asserts nothing. The seconds are the model's, not the machine's: the same on a slow one.
What is counted, and where the times come from: docs/ux.md.
"""

import datetime as dt
import json
import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page

KEY, POINT, CLICK, HAND, THINK = 0.28, 1.1, 0.2, 0.4, 1.35
# A desk of 1366 by 768 px, and the same when the page is read at 200 %: half the room, twice the dots.
DESK = {"width": 1366, "height": 768}
DESK_TWICE = {"width": 683, "height": 384, "scale": 2}
at_the_desk = pytest.mark.parametrize(
    "screen", [pytest.param(DESK, id="100-percent"), pytest.param(DESK_TWICE, id="200-percent")]
)


@dataclass
class Hands:
    """A page is a page that was shown; a hand that goes to the keyboard or back to the pointer costs.

    The page that is there at the beginning is counted: `pages=0` before it is asked for.
    """

    page: Page
    pages: int = 1
    clicks: int = 0
    keys: int = 0
    decisions: int = 0
    switches: int = 0
    is_on_keyboard: bool = False  # where the hands are at the beginning; pointing first costs no move

    def __post_init__(self):
        self.page.on("response", self._count)

    def _count(self, response):
        is_shown = response.request.resource_type == "document" and not 300 <= response.status < 400
        self.pages += is_shown and response.frame == self.page.main_frame

    def think(self):
        """A decision: what to type, whether this is the one."""
        self.decisions += 1

    def type(self, words: str):
        """Where the cursor is."""
        self._to_keyboard()
        self.page.keyboard.type(words, delay=15)
        self.keys += len(words)

    def press(self, *keys: str):
        """ "Control+Enter" is two keys."""
        self._to_keyboard()
        for key in keys:
            self.page.keyboard.press(key)
            self.keys += key.count("+") + 1

    def fill_date(self, field: Locator, day: dt.date):
        """Where the cursor is: two digits, two digits, four; in which order is the browser's own affair."""
        self._to_keyboard()
        assert field.evaluate("box => box === document.activeElement")
        field.fill(day.isoformat())
        self.keys += len("25112026")

    def click(self, target: str | Locator):
        if self.is_on_keyboard:
            self.switches += 1
        self.is_on_keyboard = False
        found = self.page.locator(target) if isinstance(target, str) else target
        found.first.click()
        self.clicks += 1

    def follow(self, target: str | Locator):
        """A click that leads to another page, shown when this returns."""
        with self.page.expect_navigation():
            self.click(target)

    def _to_keyboard(self):
        if not self.is_on_keyboard:
            self.switches += 1
        self.is_on_keyboard = True

    @property
    def seconds(self) -> float:
        acts = self.clicks * (POINT + CLICK) + self.keys * KEY + self.switches * HAND
        return round(acts + self.decisions * THINK, 1)

    def report(self, name: str, *, budget_s: float) -> dict[str, object]:
        """Said once for a journey: at 200 % the test compares the same figures, and does not say them again."""
        told = {
            "name": name,
            "pages": self.pages,
            "clicks": self.clicks,
            "keys": self.keys,
            "klm_s": self.seconds,
            "budget_s": budget_s,
        }
        if self.page.evaluate("devicePixelRatio") == 1:
            _say(json.dumps(told))
        return told


def _say(line: str) -> None:
    print(line)
    if kept := os.environ.get("UX_FILE"):
        with Path(kept).open("a") as file:
            file.write(f"{line}\n")
