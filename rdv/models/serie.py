"""Serie: Rdv taken together for one person, who comes back. Written only by rdv/services/series.

Each Rdv keeps its own life afterwards: moved, cancelled, put back alone. The Serie says only that they belong together;
it names nobody.
"""

import uuid

from django.db import models

from agents.models import Departement


class Serie(models.Model):
    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="+", db_index=False)
    # The key of the form: sent twice, it is the same series.
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    rule = models.CharField("rythme demandé, en mots", max_length=120)
    created_at = models.DateTimeField()
    created_by_kind = models.CharField(max_length=8)
    created_by_id = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"Serie {self.uuid}"
