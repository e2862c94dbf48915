"""Found by the load: the nearest hours, read a moment before the page, were gone when the page was made."""

import pytest

from rdv.services.errors import CreneauUnavailable
from rdv.views.public import holds
from tests.public.conftest import buttons, local, text_of

pytestmark = pytest.mark.django_db


def test_no_button_stands_outside_a_form(world, person, monkeypatch):
    """Hénin-Beaumont is full; the hour near the lost one went in between. A button without its token answers 403."""

    def lost(*args, **options):
        raise CreneauUnavailable(nearest=[local(2026, 11, 26, 9, 20)])

    monkeypatch.setattr(holds, "take", lost)
    response = person.post(world.times_url("henin"), {"creneau": f"{local(2026, 11, 26, 9).isoformat()}@henin"})
    assert response.status_code == 409
    assert buttons(response) == []
    assert "Complet jusqu’au" in text_of(response)
