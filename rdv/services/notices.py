"""What people are told of their appointments, and when. Finished facts go to the post office; it decides nothing.

Room: services. Called by booking, moving, cancelling and attendance, in their transaction.

    booked            at once, by each channel the person allows     + reminders, planned now
    booked under 48 h one message by channel, which is also the reminder
    moved             at once, old and new (by an agent: after 2     + reminders again, the old ones obsolete
                      minutes of grace)
    move undone       what the move made obsolete lives again, its message is withdrawn; if it has left, one message
                      says that the old hour stands
    cancelled         after 2 minutes of grace                       reminders obsolete
    restored          the cancellation obsolete if it has not left, else told; reminders live again
    readdressed       what waited for one person is obsolete, the other hears of it as it stands  + reminders
    confirmed         nothing: the second SMS obsolete, the reminders to come do not ask any more

The reminder itself asks whether the person comes (rdv/domain/asking), where the motif does; without an answer a second
SMS leaves the day before.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.db import transaction

from notifications import services as post_office
from notifications.models import Message, MessageChannel, State
from notifications.services import Addressee, Letter
from rdv.core import journal
from rdv.core.journal import Author
from rdv.domain import french
from rdv.domain.asking import (
    BETWEEN_QUESTIONS,
    LATE,
    REMINDER_GAP,
    REMINDERS_SPREAD_MIN,
    questions_end,
    reminder_morning,
)
from rdv.models import AppelKind, NoticeLevel, Participation
from rdv.services.agent_notices import agent_letters, agent_told, forget_agent_notices, forget_arrival
from rdv.services.calendars import calendar_part, reply_address
from rdv.services.texts import Facts, News, Was, email, facts_of, sms
from usagers.models import Usager
from usagers.services.files import addresses_of, recipient_of

__all__ = [
    "addresses_of",
    "agent_told",
    "booked",
    "cancelled",
    "forget_arrival",
    "moved",
    "recipient_of",
    "restored",
]  # fmt: skip

GRACE = timedelta(minutes=2)
NEWS = (News.BOOKED, News.MOVED, News.RESTORED)
# A word sent again is told as it stands: once the Rdv moves, it says nothing any more.
_RESENT_ONCE_IN = 10 * 60 * 1_000_000  # microseconds of instant_version
REMINDERS = (News.SMS_REMINDER, News.EMAIL_REMINDER, News.SECOND_SMS)
# Those that ask "do you come?", where the motif does.
QUESTIONS = REMINDERS


def booked(participation: Participation, *, now: datetime, author: Author | None = None) -> None:
    """Everything that a booking says, in one statement. `author`: who booked, when the agents are to be told too."""
    letters = agent_letters(participation.rdv, kind="booked", author=author, now=now) if author else []
    case = _case(participation, now)
    if case is not None:
        letters += [*_by_each_channel(case, News.BOOKED), *_reminders(case)]
    post_office.post(letters, now=now)


def reminded(participation: Participation, *, now: datetime) -> None:
    """One of a series, told of in one message for all: only its reminders are planned."""
    case = _case(participation, now)
    if case is not None:
        post_office.post(_reminders(case), now=now)


def maintained(participation: Participation, *, now: datetime) -> None:
    """It had been said to be cancelled, with others: it takes place after all."""
    case = _case(participation, now)
    if case is not None:
        version = post_office.instant_version(participation.status_at or now)
        post_office.post(_by_each_channel(case, News.RESTORED, version=version), now=now)


def moved(
    participation: Participation,
    *,
    old_starts_at: datetime,
    old_site_name: str,
    now: datetime,
    at: datetime | None = None,
    unsaid_since: int | None = None,
) -> None:
    """Time or place: told `at`, else at once. If only the people or the length changed, the reminders alone are written
    again.

    `old_starts_at`, `old_site_name`: where the person believes it to be. `unsaid_since`: the schedule version that they
    were told of, when it moved again before the message of the last move left: that one never leaves.
    """
    version = participation.rdv.schedule_version
    has_moved = old_starts_at != participation.rdv.starts_at or old_site_name != participation.rdv.site.name
    stale = [*NEWS, *REMINDERS] if has_moved or unsaid_since is not None else list(REMINDERS)
    post_office.make_obsolete(subject_of(participation), now=now, kinds=stale, below_version=version)
    post_office.make_obsolete(subject_of(participation), now=now, kinds=[News.RESENT])
    case = _case(participation, now)
    if case is None:
        return
    letters = list(_reminders(case))
    if has_moved:
        zone = participation.rdv.motif.departement.zone
        was = Was(old_starts_at.astimezone(zone), old_site_name)
        letters = [*_by_each_channel(case, News.MOVED, was=was, at=at), *letters]
    elif unsaid_since is not None:  # back where the person believes it to be: there is no news
        kinds = [News.BOOKED, News.MOVED]
        post_office.put_back(
            subject_of(participation), to=case.addressee, kinds=kinds, version=unsaid_since, as_version=version, now=now
        )
    post_office.post(letters, now=now)


def told_at(*, old_starts_at: datetime, starts_at: datetime, now: datetime) -> datetime:
    """When the message of a move that can be undone leaves: once it cannot be any more; at once for what is near."""
    return now + GRACE if min(old_starts_at, starts_at) > now + 2 * GRACE else now


def move_undone(participation: Participation, *, was: Was, moved_at: datetime, now: datetime) -> bool:
    """Nothing is said when nothing had been said; else the person is told that the old hour stands. True when told.

    `was`: where the undone move had put it, an instant of any zone. `moved_at`: when.
    """
    subject, version = subject_of(participation), participation.rdv.schedule_version
    undone, before = version - 1, version - 2
    post_office.make_obsolete(subject, now=now, kinds=[News.MOVED, News.RESENT, *REMINDERS], from_version=undone)
    has_left = post_office.left_since(subject, kinds=[News.MOVED, News.RESENT], since=moved_at)
    kinds = list(REMINDERS) if has_left else [News.BOOKED, News.MOVED, *REMINDERS]
    case = _case(participation, now)
    if case is None:
        return False
    post_office.put_back(
        subject, to=case.addressee, kinds=kinds, version=before, as_version=version, now=now, dropped_at=moved_at
    )
    if not has_left:
        return False
    local = replace(was, starts_at=was.starts_at.astimezone(participation.rdv.motif.departement.zone))
    return post_office.post(_by_each_channel(case, News.RESTORED, was=local), now=now) > 0


def cancelled(participation: Participation, *, by_service: bool, now: datetime) -> None:
    """Told after two minutes: half of the mistaken cancellations are undone before five."""
    post_office.make_obsolete(subject_of(participation), now=now)
    case = _case(participation, now)
    if case is None:
        return
    grace = now + GRACE if participation.rdv.starts_at > now + 2 * GRACE else now
    version = post_office.instant_version(participation.status_at or now)
    letters = _by_each_channel(case, News.CANCELLED, by_service=by_service, at=grace, version=version)
    post_office.post(letters, now=now)


def given_back(participation: Participation, *, now: datetime) -> None:
    """Exchanged for an earlier hour: the new Rdv is the news, the old one only stops being reminded."""
    post_office.make_obsolete(subject_of(participation), now=now)


def hush(participation: Participation, *, now: datetime) -> None:
    """Its agent is away and the person is to be phoned: no reminder calls them to an Rdv that may not be."""
    post_office.make_obsolete(subject_of(participation), now=now, kinds=REMINDERS)


def restored(participation: Participation, *, now: datetime, was_told: bool = False) -> None:
    """A cancellation undone. Nothing is said when nothing had been said; else the person is told that it stands.
    `was_told`: in the words of another message (followups.take_back_news)."""
    subject = subject_of(participation)
    post_office.make_obsolete(subject, now=now, kinds=[News.CANCELLED])
    forget_agent_notices(participation.rdv, now=now)
    case = _case(participation, now)
    if case is None:
        return
    if was_told or post_office.has_left(subject, kind=News.CANCELLED):
        version = post_office.instant_version(participation.status_at or now)
        post_office.post(_by_each_channel(case, News.RESTORED, version=version), now=now)
    current = participation.rdv.schedule_version
    post_office.revive(subject, to=case.addressee, kinds=[News.BOOKED, News.MOVED], version=current, now=now)
    post_office.revive(subject, to=case.addressee, kinds=REMINDERS, version=current, now=now, only_future=True)


def readdressed(participation: Participation, *, now: datetime) -> None:
    """Somebody else is told of this Rdv from now on: they hear of it as it stands, with its reminders. Nothing that was
    written to the other one leaves any more."""
    post_office.make_obsolete(subject_of(participation), now=now)
    case = _case(participation, now)
    if case is None or not participation.is_live or participation.rdv.starts_at <= now:
        return
    version = post_office.instant_version(now)
    post_office.post(_by_each_channel(case, News.RESENT, version=version), now=now)
    _plan_again(case)


def rechannelled(participation: Participation, *, now: datetime) -> None:
    """The same person, by other channels: the reminders that they may get are planned."""
    case = _case(participation, now)
    if case is not None and participation.is_live:
        _plan_again(case)


def _plan_again(case: "_Case") -> None:
    """Those that were written are promised again, the others are written. Not to somebody who is to be phoned instead
    (`hush`), nor a question that was answered."""
    participation, now = case.participation, case.now
    if participation.appels.open().filter(kind=AppelKind.ABSENCE).exists():
        return
    kinds = [kind for kind in REMINDERS if kind != News.SECOND_SMS or participation.confirmed_at is None]
    version = participation.rdv.schedule_version
    post_office.revive(
        subject_of(participation), to=case.addressee, kinds=kinds, version=version, now=now, only_future=True
    )
    post_office.post([letter for letter in _reminders(case) if letter.kind in kinds], now=now)


def confirmed(participation: Participation, *, now: datetime) -> None:
    """They said that they come: no second SMS, and what still leaves is a reminder, not a question."""
    post_office.make_obsolete(subject_of(participation), now=now, kinds=[News.SECOND_SMS])
    _reword(participation, now)


def unconfirmed(participation: Participation, *, now: datetime) -> None:
    """Noted by mistake: what waits for its hour asks again."""
    current = participation.rdv.schedule_version
    subject, case = subject_of(participation), _case(participation, now)
    if case is not None:
        kinds = [News.SECOND_SMS]
        post_office.revive(subject, to=case.addressee, kinds=kinds, version=current, now=now, only_future=True)
    _reword(participation, now)


def retitled(participation: Participation, *, now: datetime) -> None:
    """The session has another title, at the same hour and place: no news, what waits for its hour says it."""
    case = _case(participation, now)
    if case is not None:
        _reword_reminders(case)


def _reword(participation: Participation, now: datetime) -> None:
    case = _case(participation, now)
    if case is not None and participation.rdv.motif.asks:
        _reword_reminders(case)


def _reword_reminders(case: "_Case") -> None:
    """Those that wait, however near they are by now; what has left, or was never planned, is not touched."""
    for news in REMINDERS:
        for channel in MessageChannel:
            if letter := _letter(case, news, channel):
                post_office.reword(letter)


def can_be_resent(message: Message, participation: Participation, *, now: datetime) -> bool:
    """Its news still holds: the Rdv stands and is to come, and it is not a word that waits for its hour anyway."""
    is_news = message.kind in (*NEWS, *REMINDERS, News.RESENT)
    return is_news and participation.is_live and participation.rdv.starts_at > now and message.state != State.PLANNED


def resent(participation: Participation, *, channel: str, author: Author, now: datetime) -> bool:
    """The Rdv as it stands, told again by this channel, to the address of today. Asked twice in ten minutes, sent once:
    False then, or when the person has no such address (or wants nothing there), or nothing may be written."""
    case = _case(participation, now)
    if case is None or not participation.is_live or participation.rdv.starts_at <= now:
        return False
    version = post_office.instant_version(now) // _RESENT_ONCE_IN
    letter = _letter(case, News.RESENT, MessageChannel(channel), version=version)
    with transaction.atomic():
        if letter is None or not post_office.post([letter], now=now):
            return False
        journal.write(
            "usager.resent",
            subject=("usager", case.person.pk),
            departement_code=case.person.departement_id,
            author=author,
            now=now,
            data={"participation": participation.uuid, "channel": channel},
        )
    return True


def subject_of(participation: Participation) -> tuple[str, str]:
    return ("participation", str(participation.uuid))


def reminder_at(participation: Participation, days: int) -> datetime:
    """So many days before, in the morning of the département; always the same minute for the same person."""
    rdv = participation.rdv
    morning = reminder_morning(rdv.starts_at, days, rdv.motif.departement.zone)
    return morning + timedelta(minutes=participation.uuid.int % REMINDERS_SPREAD_MIN)


# --- Letters


@dataclass(frozen=True, slots=True)
class _Case:
    """Everything about one participation that its letters share."""

    participation: Participation
    facts: Facts
    person: Usager
    phone: str
    email: str
    now: datetime
    # By method: confirmation and reminders carry the same file.
    _calendars: dict[str, str] = field(default_factory=dict)

    @property
    def addressee(self) -> Addressee:
        return Addressee(recipient_of(self.person), self.phone, self.email)

    @property
    def is_late(self) -> bool:
        return self.participation.rdv.starts_at - self.now < LATE

    def facts_for(self, news: News) -> Facts:
        """A reminder leaves when the day is near, however early it is written."""
        return replace(self.facts, says_year=False) if news in REMINDERS else self.facts

    def calendar(self, method: str) -> str:
        if method not in self._calendars:
            self._calendars[method] = calendar_part(
                self.participation, self.facts, method=method, address=self.email, now=self.now
            )
        return self._calendars[method]


def _case(participation: Participation, now: datetime) -> _Case | None:
    """None when nothing may be said (silent motif), or there is nobody to tell."""
    if participation.rdv.motif.notice_level == NoticeLevel.SILENT:
        return None
    person = participation.responsable or participation.usager
    phone, mailbox = addresses_of(person)
    phone = phone if participation.wants_sms else ""
    mailbox = mailbox if participation.wants_email else ""
    if not phone and not mailbox:
        return None
    facts = facts_of(participation)
    facts = replace(facts, says_year=participation.rdv.starts_at - now >= french.A_YEAR_SOON)
    return _Case(participation, facts, person, phone, mailbox, now)


def _by_each_channel(
    case: _Case,
    news: News,
    *,
    was: Was | None = None,
    by_service: bool = False,
    at: datetime | None = None,
    version: int | None = None,
) -> Iterable[Letter]:
    for channel in MessageChannel:
        if letter := _letter(case, news, channel, was=was, by_service=by_service, at=at, version=version):
            yield letter


def _reminders(case: _Case) -> Iterable[Letter]:
    """Planned now, with their fallback. Too short before, or past already: the message of the booking says it all."""
    if case.is_late:
        return
    motif = case.participation.rdv.motif
    planned = [
        (News.EMAIL_REMINDER, MessageChannel.EMAIL, motif.email_reminder_days),
        (News.SMS_REMINDER, MessageChannel.SMS, motif.sms_reminder_days),
    ]
    last = None
    for news, channel, days in planned:
        if days is not None and (letter := _reminder(case, news, channel, days)):
            last = max(letter.send_not_before, last or letter.send_not_before)
            yield letter
    if last is not None and (second := _second_sms(case, after=last)):
        yield second


def _second_sms(case: _Case, *, after: datetime) -> Letter | None:
    """For those who will not have answered. Obsolete once they do (confirmed, moved, cancelled)."""
    participation, motif = case.participation, case.participation.rdv.motif
    if not case.facts.asks or motif.second_sms_days is None:
        return None
    at = reminder_at(participation, motif.second_sms_days)
    if not after + BETWEEN_QUESTIONS <= at < participation.rdv.starts_at:
        return None
    until = min(questions_end(at, motif.departement.zone), participation.rdv.starts_at)
    return _letter(case, News.SECOND_SMS, MessageChannel.SMS, at=at, until=until)


def _reminder(case: _Case, news: News, channel: MessageChannel, days: int) -> Letter | None:
    at = reminder_at(case.participation, days)
    if not case.now + REMINDER_GAP < at < case.participation.rdv.starts_at:
        return None
    other = MessageChannel.SMS if channel == MessageChannel.EMAIL else MessageChannel.EMAIL
    return _letter(case, news, channel, at=at, fallback=_letter(case, news, other, at=at))


def _letter(
    case: _Case,
    news: News,
    channel: MessageChannel,
    *,
    was: Was | None = None,
    by_service: bool = False,
    at: datetime | None = None,
    until: datetime | None = None,
    version: int | None = None,
    fallback: Letter | None = None,
) -> Letter | None:
    """None when the person has no such address, or does not want messages there."""
    address = case.phone if channel == MessageChannel.SMS else case.email
    if not address:
        return None
    rdv = case.participation.rdv
    body, title, html, calendar, sender = _content(case, news, channel, was=was, by_service=by_service)
    return Letter(
        subject=subject_of(case.participation),
        kind=news,
        recipient=recipient_of(case.person),
        channel=channel,
        address=address,
        version=rdv.schedule_version if version is None else version,
        departement_code=rdv.departement_id,
        body=body,
        title=title,
        html=html,
        calendar=calendar,
        sender=sender,
        reply_to=reply_address(case.participation) if channel == MessageChannel.EMAIL else "",
        send_not_before=at or case.now,
        # Never after the hour of the appointment.
        worthless_after=until or rdv.starts_at,
        fallback=fallback,
    )


def _content(
    case: _Case, news: News, channel: MessageChannel, *, was: Was | None, by_service: bool
) -> tuple[str, str, str, str, str]:
    """Text, title, HTML, calendar, sender."""
    departement = case.participation.rdv.motif.departement
    if channel == MessageChannel.SMS:
        return sms(news, case.facts_for(news), was=was, by_service=by_service), "", "", "", departement.sms_sender
    owner = f"Département {departement.name_with_article}"
    is_late = case.is_late and news is News.BOOKED
    written = email(news, case.facts_for(news), owner=owner, was=was, by_service=by_service, is_late=is_late)
    method = "CANCEL" if news is News.CANCELLED else "REQUEST"
    return written.text, written.title, written.html, case.calendar(method), owner
