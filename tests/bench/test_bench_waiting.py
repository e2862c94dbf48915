"""The question of the waiting list, at a tiny scale: a cancellation gives an offer, and nothing of it stays."""

from rdv.bench.cleaning import clean, mark_loaded
from rdv.bench.loading import load
from rdv.bench.scales import Scale
from rdv.bench.waiting import WAITING, waiting
from rdv.bench.world import World
from rdv.models import Inscription, InscriptionState, Motif, Offre, OffreState, Rdv

TINY = Scale("tiny", {"62": 1})


def test_a_cancellation_gives_its_hour_to_somebody_who_waits(db):
    load(TINY, say=lambda _: None)
    mark_loaded()
    before = Rdv.objects.count()
    (question,) = waiting(World(TINY))
    assert 0 < question.extra["waiting"] == Inscription.objects.count() <= WAITING
    cancel = question.prepare()
    assert not Offre.objects.exists()
    offre = cancel()
    assert offre.state == OffreState.LIVE
    assert offre.inscription.state == InscriptionState.OFFERED
    clean()
    assert not Inscription.objects.exists()
    assert not Motif.objects.filter(has_waitlist=True).exists()
    assert Rdv.objects.count() == before
