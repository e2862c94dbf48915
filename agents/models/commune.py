"""Commune: the real communes of France, loaded from a versioned public file (agents/data/). Nobody edits them.

Everyone above may read (people's searches: agents.communes); the load_communes command is the only writer.
"""

import functools
import operator
from collections.abc import Iterable
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import models
from django.db.models import Case, F, Q, Value, When

from agents.commune_names import CommuneQuery, parse_commune_query

# "simple": no stemming and no stop words, so that "le", "la" and "les" of the names stay searchable.
NAME_VECTOR = SearchVector("search_key", config="simple")


class CommuneQuerySet(models.QuerySet["Commune"]):
    def in_departement(self, departement_code: str) -> Self:
        return self.filter(departement_code=departement_code)

    def matching(self, query: str | CommuneQuery) -> Self:
        """Communes answering to what was typed (words of the name, postcode, département), best first.

        Unsliced: callers cut it. Text that names nothing gives an empty set.
        """
        asked = parse_commune_query(query) if isinstance(query, str) else query
        if not asked.is_searchable:
            return self.none()
        found = self
        if asked.postcode:
            found = found.filter(postcodes__contains=[asked.postcode])
        if asked.departement_code:
            found = found.in_departement(asked.departement_code)
        if asked.words:
            return found.named(asked)
        return found.order_by(F("population").desc(nulls_last=True), "code")

    def named(self, asked: CommuneQuery) -> Self:
        """The very name first, then names that begin so, then names with these words; the most populous before."""
        keys = [" ".join(words) for words in asked.spellings]
        nearness = Case(
            When(search_key__in=keys, then=Value(0)),
            When(_any_of(Q(search_key__startswith=key) for key in keys), then=Value(1)),
            default=Value(2),
        )
        if len(keys[0]) == 1:  # One letter begins thousands of names; but the commune of Y (Somme) exists.
            found = self.filter(search_key=keys[0])
        else:
            found = self.annotate(name_vector=NAME_VECTOR).filter(
                _any_of(Q(name_vector=_words_query(words)) for words in asked.spellings)
            )
        return found.order_by(nearness, F("population").desc(nulls_last=True), "code")


def _any_of(conditions: Iterable[Q]) -> Q:
    return functools.reduce(operator.or_, conditions)


def _words_query(words: tuple[str, ...]) -> SearchQuery:
    """All the words, the last one perhaps unfinished. Words are [a-z0-9]+ only, so no operator can slip in."""
    return SearchQuery(" & ".join(words) + ":*", config="simple", search_type="raw")


class Commune(models.Model):
    """A commune of today, under its INSEE code. Paris, Lyon and Marseille are one each, with all their postcodes."""

    code = models.CharField("code INSEE", max_length=5, primary_key=True)
    name = models.CharField("nom", max_length=60)
    search_key = models.CharField("clé de recherche", max_length=60)
    postcodes = ArrayField(models.CharField(max_length=5), verbose_name="codes postaux", default=list, blank=True)
    departement_code = models.CharField("département", max_length=3)
    population = models.IntegerField("population", null=True, blank=True)
    latitude = models.FloatField("latitude", null=True, blank=True)
    longitude = models.FloatField("longitude", null=True, blank=True)

    objects = CommuneQuerySet.as_manager()

    class Meta:
        verbose_name = "commune"
        verbose_name_plural = "communes"
        ordering = ["search_key", "code"]
        indexes = [
            models.Index(fields=["search_key"], name="commune_search_key", opclasses=["text_pattern_ops"]),
            models.Index(fields=["departement_code"], name="commune_departement"),
            GinIndex(fields=["postcodes"], name="commune_postcodes"),
            GinIndex(NAME_VECTOR, name="commune_words"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(population__gte=0), name="commune_population_positive"),
            models.CheckConstraint(
                # "Not null" is said: a range of NULL is unknown, and a check lets the unknown pass.
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(
                    latitude__isnull=False,
                    longitude__isnull=False,
                    latitude__range=(-90, 90),
                    longitude__range=(-180, 180),
                ),
                name="commune_point_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.name
