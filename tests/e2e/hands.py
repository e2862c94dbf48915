"""A practised person at work: what they do is done in the browser, and counted by the keystroke-level model.

    hands = Hands(page)                     # the page is open: one page seen
    hands.press("F2"); hands.think(); hands.type("bouz"); hands.think(); hands.press("Enter")
    told = hands.report("arrival", budget_s=5)

`report` prints one JSON line, {"name", "pages", "clicks", "keys", "klm_s", "budget_s"}, and gives it back. The seconds
are the model's, not the machine's: the same on a slow one. Times of look-backoffice.md and journeys.md.
"""

import json
from dataclasses import dataclass, field

from playwright.sync_api import Page

KEY, POINT, CLICK, HAND, THINK = 0.28, 1.1, 0.2, 0.4, 1.35


@dataclass
class Hands:
    """A page is a page that was shown (the first one included); a hand that goes to the keyboard or back costs."""

    page: Page
    pages: int = 1
    clicks: int = 0
    keys: int = 0
    decisions: int = 0
    switches: int = 0
    _is_on_keyboard: bool = field(default=False, repr=False)

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

    def click(self, target: str):
        if self._is_on_keyboard:
            self.switches += 1
        self._is_on_keyboard = False
        self.page.locator(target).first.click()
        self.clicks += 1

    def _to_keyboard(self):
        if not self._is_on_keyboard:
            self.switches += 1
        self._is_on_keyboard = True

    @property
    def seconds(self) -> float:
        acts = self.clicks * (POINT + CLICK) + self.keys * KEY + self.switches * HAND
        return round(acts + self.decisions * THINK, 1)

    def report(self, name: str, *, budget_s: float) -> dict[str, object]:
        told = {
            "name": name,
            "pages": self.pages,
            "clicks": self.clicks,
            "keys": self.keys,
            "klm_s": self.seconds,
            "budget_s": budget_s,
        }
        print(json.dumps(told))
        return told
