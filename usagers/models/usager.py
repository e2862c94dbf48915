"""Usager: a person received by a département.

Never a Django user: no door of the agents opens for them or the reverse.
"""

import datetime as dt
import functools
import operator
import uuid
from collections.abc import Sequence

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Concat
from phonenumber_field.modelfields import PhoneNumberField

from agents.models import Commune, Departement
from rdv.core.text import search_key
from usagers.phones import e164_prefix
from usagers.search_query import Number, UsagerQuery

SEARCH_KEY_LENGTH = 260
# Words shorter than this are not forgiven a letter: every name would do.
FORGIVEN = 4
# From this length on, half a word says enough for the index.
HALVED = 6
_LONGEST_FORGIVEN = 20
# 06 39 is also Mayotte: a number begun so may be stored under either country (usagers.phones).
_PHONE_REGIONS = ("", "976")


def name_key(*names: str) -> str:
    """What `Usager.search_key` holds for these names. Cut: some letters unfold into many."""
    return f" {search_key(' '.join(names))}"[: SEARCH_KEY_LENGTH - 1] + " "


class Channel(models.TextChoices):
    SMS = "sms", "SMS"
    EMAIL = "email", "E-mail"
    BOTH = "both", "SMS et e-mail"
    NONE = "none", "Aucun message"


class UsagerQuerySet(models.QuerySet["Usager"]):
    def of(self, departement: Departement) -> "UsagerQuerySet":
        """The files of the département that still say who they are about."""
        return self.standing().filter(departement=departement)

    def standing(self) -> "UsagerQuerySet":
        """Neither emptied nor made one with another file."""
        return self.filter(erased_at__isnull=True, merged_into__isnull=True)

    def named(self, words: Sequence[str]) -> "UsagerQuerySet":
        """Every word begins one of the names, in any order. `words` are search keys already."""
        found = self
        for word in words:
            found = found.filter(search_key__contains=f" {word}")
        return found

    def matching(self, query: UsagerQuery) -> "UsagerQuerySet":
        """Those who answer to everything that was typed, unsorted; a query that means nothing finds nobody."""
        if not query.is_searchable:
            return self.none()
        return self.named(query.words).numbered(query)

    def numbered(self, query: UsagerQuery) -> "UsagerQuerySet":
        """What was typed beside the names: mailbox, pieces of phone, dates."""
        found = self
        if query.email:
            found = found.filter(email=query.email)
        for number in query.numbers:
            found = found.filter(_number_condition(number))
        return found

    def with_whole_names(self, words: Sequence[str]) -> "UsagerQuerySet":
        """Each word is a name in full: "ali" is one of "Ben Ali", not of "Aliénor"."""
        found = self
        for word in words:
            found = found.filter(search_key__contains=f" {word} ")
        return found

    def nearly_named(self, words: Sequence[str]) -> "UsagerQuerySet":
        """Every word begins one of the names, a letter apart. `tier` is 0 where each of them is a name in full.

        The trigrams of a long pattern with one letter unsure are few and common: the index would give a tenth of the
        files to read. One half of the word at least is as it was typed (`left_whole`): the index finds these, and the
        pattern, out of its reach, is asked of them only.
        """
        found = self.alias(read_key=Concat("search_key", Value("")))
        whole = Q()
        for word in words:
            if len(word) < FORGIVEN:
                found = found.filter(search_key__contains=f" {word}")
            elif len(word) < HALVED:
                found = found.filter(search_key__regex=a_letter_apart(word))
            else:
                found = found.filter(left_whole(word), read_key__regex=a_letter_apart(word))
            whole &= Q(read_key__regex=f"{a_letter_apart(word)} ")
        return found.annotate(tier=Case(When(whole, then=Value(0)), default=Value(1)))

    def last_seen_first(self) -> "UsagerQuerySet":
        return self.order_by("-last_contact_at", "-id")

    def to_erase(self, before: dt.datetime) -> "UsagerQuerySet":
        """Those made one with another file are emptied with it, not before: 30 days long they may come back."""
        return self.standing().filter(last_contact_at__lt=before)

    def to_compare(self) -> "UsagerQuerySet":
        """New or changed since they were last compared with the others."""
        return self.standing().filter(compared_at__isnull=True)


def left_whole(word: str) -> Q:
    """What a name a letter apart from this word surely holds: its first half, or its second, or both around two letters
    swapped in the middle."""
    word = word[:_LONGEST_FORGIVEN]
    half = len(word) // 2
    swapped = f"{word[: half - 1]}{word[half]}{word[half - 1]}{word[half + 1 :]}"
    pieces = (f" {word[:half]}", word[half:], swapped)
    return functools.reduce(operator.or_, (Q(search_key__contains=piece) for piece in pieces))


def a_letter_apart(word: str) -> str:
    """A pattern for the trigram index: the word itself, or with one letter wrong, missing, added or swapped.

    A letter added to the word stored may be the space between two of them: "benali" also begins "ben ali".
    """
    word = word[:_LONGEST_FORGIVEN]
    if len(word) < FORGIVEN:
        return f" {word}"
    # `.?` in place of a letter: wrong, or one too many in what was typed.
    ways = [f"{word[:at]}.?{word[at + 1 :]}" for at in range(len(word))]
    ways += [f"{word[:at]}.{word[at:]}" for at in range(len(word) + 1)]
    ways += [f"{word[:at]}{word[at + 1]}{word[at]}{word[at + 2 :]}" for at in range(len(word) - 1)]
    return f" ({'|'.join(ways)})"


def _number_condition(number: Number) -> Q:
    """A piece of a phone number, a birth date or a birth year: whatever the digits may mean."""
    meanings: list[Q] = []
    if number.phone:
        meanings.append(_phone_condition(number.phone))
    if number.dates:
        meanings.append(Q(birth_date__in=number.dates))
    if number.year:
        meanings.append(Q(birth_date__range=(dt.date(number.year, 1, 1), dt.date(number.year, 12, 31))))
    return functools.reduce(operator.or_, meanings)


def _phone_condition(digits: str) -> Q:
    """Phones are stored as +33639981240. A partial number is looked for anywhere, one from its first 0 at its place."""
    if digits.startswith("+"):
        return Q(phone__startswith=digits.replace("+330", "+33"))
    if digits.startswith("00"):
        return Q(phone__startswith=f"+{digits[2:]}") | Q(phone__contains=digits)
    if digits.startswith("0"):
        begun = {e164_prefix(digits, departement_code=code) for code in _PHONE_REGIONS}
        return functools.reduce(
            operator.or_, (Q(phone__startswith=start) for start in begun), Q(phone__contains=digits)
        )
    return Q(phone__contains=digits)


class Usager(models.Model):
    """E-mail and phone are not unique: couples share them. Both may be missing: agents create files without any."""

    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="usagers")
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    first_name = models.CharField("prénom", max_length=80)
    last_name = models.CharField("nom", max_length=80)
    birth_name = models.CharField("nom de naissance", max_length=80, blank=True)
    birth_date = models.DateField("date de naissance", null=True, blank=True)
    # " benali samira haddad ": every name part between spaces, so that " sam" finds a beginning and " samira " a name.
    search_key = models.CharField(max_length=SEARCH_KEY_LENGTH, editable=False)
    phone = PhoneNumberField("téléphone", blank=True)
    email = models.EmailField("adresse e-mail", blank=True)
    address = models.CharField("adresse", max_length=200, blank=True)
    commune = models.ForeignKey(Commune, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    language = models.CharField("langue des messages", max_length=5, default="fr")
    needs_interpreter = models.BooleanField("interprète", default=False)
    needs_step_free = models.BooleanField("accès sans marche", default=False)
    needs_sign_language = models.BooleanField("langue des signes", default=False)
    channel = models.CharField("messages par", max_length=5, choices=Channel.choices, default=Channel.BOTH)
    note = models.TextField("note", blank=True)
    created_at = models.DateTimeField()
    # Rdv and files are erased 2 years after this (domain.md, "Keeping and forgetting").
    last_contact_at = models.DateTimeField()
    # Set when the file was emptied of everything personal; the row stays for the figures.
    erased_at = models.DateTimeField(null=True, editable=False)
    # The file that says everything about this person since the two were made one (Fusion).
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        null=True,
        editable=False,
        related_name="absorbed",
    )
    # When it was last compared with the other files (Doublon); empty: to be done.
    compared_at = models.DateTimeField(null=True, editable=False)

    objects = UsagerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(last_name="") & ~Q(first_name=""),
                name="usager_has_names",
                violation_error_message="Il manque le nom ou le prénom.",
            ),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="usager_not_merged_into_itself"),
        ]
        indexes = [
            # One index for every search: the département, pieces of names, pieces of numbers (500,000 files: a few ms).
            GinIndex(
                "departement",
                OpClass("search_key", name="gin_trgm_ops"),
                OpClass("phone", name="gin_trgm_ops"),
                name="usager_search",
                fastupdate=False,  # Files are read far more often than written: no list of late entries to walk.
            ),
            # A letter or two answers to a fifth of the files: the last seen are walked until there are enough.
            models.Index("departement", F("last_contact_at").desc(), F("id").desc(), name="usager_last_seen"),
            models.Index(fields=["departement", "phone"], name="usager_phone", condition=~Q(phone="")),
            models.Index(fields=["departement", "email"], name="usager_email", condition=~Q(email="")),
            models.Index(fields=["departement", "birth_date"], name="usager_birth"),
            models.Index(fields=["merged_into"], name="usager_absorbed", condition=Q(merged_into__isnull=False)),
            models.Index(
                fields=["id"],
                name="usager_to_compare",
                condition=Q(compared_at__isnull=True, merged_into__isnull=True, erased_at__isnull=True),
            ),
        ]

    def save(self, *args: object, **kwargs: object) -> None:
        self.search_key = name_key(self.last_name, self.first_name, self.birth_name)
        super().save(*args, **kwargs)  # type: ignore[arg-type]  # handed through unchanged

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def age_on(self, day: dt.date) -> int | None:
        """Full years on that day; somebody born on 29 February is a year older on 1 March of common years."""
        if self.birth_date is None:
            return None
        had_birthday = (day.month, day.day) >= (self.birth_date.month, self.birth_date.day)
        return day.year - self.birth_date.year - (0 if had_birthday else 1)
