"""What a page answers to each role, in the words of the matrix, and how an answer of Django is read in them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from django.urls import reverse

from tests.rights.world import ABSENCE_NOTE, AGENTS, FILE_NOTE, MASKED_MOTIF, MASKED_NAME, NAME, ROLES


class Answer(StrEnum):
    OK = "let in"  # 200, or a redirect inside one's own screens
    SIGN_IN = "to the sign-in page"
    WHO = "asked for a phone or an e-mail first"
    CONFIRM = "asked for the password again"
    REFUSED = "refused in words on the page (409, 410, 422, 429)"
    FORBIDDEN = "403"
    NOT_FOUND = "404"
    METHOD = "405"
    BROKEN = "anything else"


OK, SIGN_IN, FORBIDDEN, NOT_FOUND = Answer.OK, Answer.SIGN_IN, Answer.FORBIDDEN, Answer.NOT_FOUND
REFUSED, WHO, METHOD = Answer.REFUSED, Answer.WHO, Answer.METHOD
_BY_STATUS = {403: FORBIDDEN, 404: NOT_FOUND, 405: METHOD} | dict.fromkeys((409, 410, 422, 429), REFUSED)


def read(response) -> Answer:
    if response.status_code in (301, 302, 303):
        return _redirect(urlsplit(response["Location"]).path)
    if 200 <= response.status_code < 300:
        return OK
    return _BY_STATUS.get(response.status_code, Answer.BROKEN)


def said(response) -> str:
    """The page, names in one piece: a search marks the letters that were typed."""
    return re.sub(r"</?(mark|strong|b)\b[^>]*>", "", response.content.decode())


def leaks(response, role: str) -> list[str]:
    """What this page says to somebody who may not read it."""
    if response.streaming or "text/html" not in response.headers.get("Content-Type", ""):
        return []
    page = said(response)
    return [word for word, roles in SECRETS.items() if role not in roles and word in page]


def _redirect(path: str) -> Answer:
    if path == reverse("agents:sign_in"):
        return SIGN_IN
    if path == reverse("agents:confirm"):
        return Answer.CONFIRM
    if path in (reverse("rdv:public_mine", args=[slug]) for slug in ("pas-de-calais", "la-reunion")):
        return WHO
    return OK


OUTSIDE = ("anonymous", "usager", "pending", "enrolling", "intervenant")  # no session of an agent
INSIDE = tuple(role for role in AGENTS if role != "intervenant")
SITE = tuple(role for role in INSIDE if role not in ("admin", "stranger_admin", "operateur"))
ADMINS = ("admin", "stranger_admin")
# Agents of the Pas-de-Calais with a screen.
HERE = tuple(role for role in SITE if role != "stranger")
# Those who read an ordinary Rdv of Claire's: herself, her service on her site, the desk and the head of the site.
READERS = ("owner", "colleague", "secretaire", "responsable")
PLANNERS = ("owner", "responsable")

# Words of the rows, and the only roles that any page may show them to. Files of people are the département's.
SECRETS = {
    MASKED_NAME: ("owner", "insider"),
    MASKED_MOTIF: ("owner", "insider", "admin"),  # the catalogue is the administrator's
    NAME: (*HERE, "usager"),
    FILE_NOTE: HERE,
    ABSENCE_NOTE: PLANNERS,
}

Door = dict[str, Answer]


def door(guard: tuple[str, ...], reach: tuple[str, ...], otherwise: Answer = NOT_FOUND, **special: Answer) -> Door:
    """`guard`: roles that the decorator lets in, others get 403. `reach`: those who reach the row behind it."""
    answers = dict.fromkeys(ROLES, FORBIDDEN)
    answers |= dict.fromkeys(OUTSIDE, SIGN_IN) | dict.fromkeys(guard, otherwise) | dict.fromkeys(reach, OK)
    return answers | special


def everybody(answer: Answer = OK, **special: Answer) -> Door:
    return dict.fromkeys(ROLES, answer) | special


def only(*reach: str, otherwise: Answer = NOT_FOUND) -> Door:
    """A capability: the link of a message, an hour held in a session."""
    return dict.fromkeys(ROLES, otherwise) | dict.fromkeys(reach, OK)


def answered(data: Callable[..., dict]) -> Callable[..., dict]:
    """Who is outside their usual work is asked why first (rdv/views/console/reasons): the form with the answer in it,
    so that what is behind the question is tried too."""
    return lambda house, role: data(house, role) | {"acces-raison": "presente", "acces-suite": ""}


def site(*reach: str, otherwise: Answer = NOT_FOUND, **special: Answer) -> Door:
    return door(SITE, reach, otherwise, **special)


def agent(*reach: str, otherwise: Answer = NOT_FOUND, **special: Answer) -> Door:
    return door((*SITE, *ADMINS), reach, otherwise, **special)


def admin(*reach: str, otherwise: Answer = NOT_FOUND, **special: Answer) -> Door:
    return door(ADMINS, reach, otherwise, **special)


def account() -> Door:
    return door(INSIDE, INSIDE)


def operateur() -> Door:
    return door(("operateur",), ("operateur",))


@dataclass(frozen=True)
class Ask:
    """One request of the matrix.

    `args` and `data` take (house, role): a role that does not hold a link or an hour asks with another one.
    `label`: which state of the page. `viewer`: a role that is shown it, for whatever answers with a page, even one
    that refuses (HTML, queries, browser).
    `queries`: the most that the viewer's page may ask of the database. `writes`: where let in, something is written.
    `idle`: roles let in that have nothing to write here (they hold nothing, they are elsewhere in the same steps).
    `is_fresh`: an old password is asked again first. `sees_first`: sent once to see, again with what was seen.
    """

    name: str
    door: Door
    method: str = "GET"
    label: str = ""
    args: Callable = lambda _house, _role: ()
    data: Callable = lambda _house, _role: {}
    viewer: str = ""
    queries: int = 0
    writes: bool = False
    idle: tuple[str, ...] = ()
    is_fresh: bool = False
    sees_first: bool = False
    is_mock: bool = False  # the local page of messages: never in production

    @property
    def title(self) -> str:
        return " ".join(part for part in (self.method, self.name, self.label) if part)

    def url(self, house, role) -> str:
        return reverse(self.name, args=self.args(house, role))

    def send(self, client, house, role, **headers):
        data = self.data(house, role)
        url = self.url(house, role)
        if self.method == "GET":
            return client.get(url, data, **headers)
        response = client.post(url, data, **headers)
        if response.streaming:
            list(response.streaming_content)  # to its end: the file is then closed, the connection stays
        if self.sees_first and response.status_code == 200:
            seen = seen_in(response.content.decode())
            response = client.post(url, data | {"vu": seen, "confirmer": "1"}, **headers)
        return response


def seen_in(page: str) -> str:
    """The mark of what a preview showed."""
    return page.partition('name="vu" value="')[2].partition('"')[0]
