"""One person and their browser: cookies, tokens of the forms, the address of their own network. Loopback only."""

import random
import re
import time
from collections import defaultdict
from urllib.parse import urlsplit

import aiohttp

LOOPBACK = ("127.0.0.1", "localhost", "::1")
PATIENCE = aiohttp.ClientTimeout(total=60)
CREATED, SEE_OTHER, CONFLICT = 200, 302, 409
GOES_ON = (302, 303)


class NotLoopbackError(RuntimeError):
    """This script is a weapon anywhere else."""


class Tally:
    """What was counted, by step."""

    def __init__(self):
        self.spent = defaultdict(list)
        self.errors = defaultdict(int)
        self.answers = defaultdict(int)

    def note(self, step, seconds, status):
        self.spent[step].append(seconds)
        self.answers[status] += 1
        if status >= 500:
            self.errors[f"{step} {status}"] += 1

    def fail(self, step, error):
        self.errors[f"{step} {type(error).__name__}"] += 1


class BrokenStepError(Exception):
    """A step that gave no answer, or one that no page of ours gives: counted, the person gives up."""


class Visitor:
    """Somebody who looks. Shares the connections, not the cookies."""

    def __init__(self, url, line, tally, number):
        if urlsplit(url).hostname not in LOOPBACK:
            raise NotLoopbackError(url)
        self.url = url
        self.tally = tally
        self.number = number
        self.luck = random.Random(number)  # noqa: S311 - the same choices on every run
        # One network each, as the proxy in front would write it.
        network = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        self.browser = aiohttp.ClientSession(
            connector=line,
            connector_owner=False,
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            headers={"X-Forwarded-For": network},
            timeout=PATIENCE,
        )

    async def ask(self, step, method, path, data=None):
        """(status, page, where it leads). Nothing is followed: each page is a step of its own."""
        before = time.perf_counter()
        try:
            async with self.browser.request(method, self.url + path, data=data, allow_redirects=False) as answer:
                page = await answer.text()
        except (TimeoutError, aiohttp.ClientError) as error:
            self.tally.fail(step, error)
            raise BrokenStepError from error
        self.tally.note(step, time.perf_counter() - before, answer.status)
        if answer.status >= 500:
            raise BrokenStepError
        return answer.status, page, answer.headers.get("Location", "")

    async def close(self):
        await self.browser.close()


class Person(Visitor):
    """Somebody who books: times, hold, identity, code, confirmation. `read_code` knows what their phone received."""

    def __init__(self, url, line, tally, number, read_code):
        super().__init__(url, line, tally, number)
        self.read_code = read_code
        # The numbers that are nobody's: +33 6 39 98 xx xx.
        self.phone = f"+3363998{number % 10_000:04d}"

    async def book(self, times, tries=3):
        """ "booked", "refused" (every hour they tried was taken), or "error"."""
        try:
            return await self._book(times, tries)
        except BrokenStepError:
            return "error"
        finally:
            await self.close()

    async def _book(self, times, tries):
        status, page, _ = await self.ask("times", "GET", times)
        for _ in range(tries):
            choices = re.findall(r'name="creneau" value="([^"]+)"', page)
            if status not in (CREATED, CONFLICT) or not choices:
                break
            form = hidden(page) | {"creneau": self.luck.choice(choices)}
            status, page, where = await self.ask("hold", "POST", times, form)
            if status in GOES_ON:
                return await self._confirm(where)
        return "refused"

    async def _confirm(self, where):
        _, page, _ = await self.ask("identity", "GET", where)
        identity = {
            "who": "me",
            "first_name": f"Nadia{word(self.number)}",
            "last_name": f"Lemaire{word(self.number)}",
            "phone": f"0{self.phone[3:]}",
            "email": "",
            "email_kept": "",
        }
        status, page, code_page = await self.ask("give identity", "POST", where, hidden(page) | identity)
        if status not in GOES_ON:
            return self._lost("give identity", status)
        _, page, _ = await self.ask("code", "GET", code_page)
        code = await self.read_code(self.phone)
        status, page, done = await self.ask("give code", "POST", code_page, hidden(page) | {"code": code})
        if status not in GOES_ON or not done.endswith("/confirme/"):
            return self._lost("give code", status)
        status, _, _ = await self.ask("confirmation", "GET", done)
        return "booked" if status == CREATED else self._lost("confirmation", status)

    def _lost(self, step, status):
        """They held the hour: not being able to go on is no polite refusal."""
        self.tally.errors[f"{step} answered {status}"] += 1
        return "error"


def hidden(page):
    """What the form carries: its token, when the page was seen."""
    found = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    return {name: value for name, value in found.items() if name in ("csrfmiddlewaretoken", "vu")}


def word(number):
    """A number in letters: names have no digits."""
    return "".join("abcdefghij"[int(digit)] for digit in str(number))
