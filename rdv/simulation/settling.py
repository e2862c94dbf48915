"""The settings of a policy, as an administrator would write them. Room: simulation; called by month."""

from datetime import datetime

from notifications import services as post_office
from rdv.models import Participation
from rdv.services import waitlist_rules
from rdv.services.catalogue import update_motif
from rdv.services.notices import subject_of
from rdv.services.texts import News
from rdv.simulation.policies import Scheme
from rdv.simulation.world import World

LAST_OFFER_MIN = 60  # how near the list may still offer an hour, set by the admin of this MDS


def settle(world: World, scheme: Scheme, *, now: datetime) -> None:
    """What messages the motif sends, what they ask, and the numbers of the list."""
    fields: dict[str, object] = {"asks_confirmation": scheme.asks}
    if not scheme.has_reminders:
        fields |= {"sms_reminder_days": None, "email_reminder_days": None}
    update_motif(motif=world.motif, fields=fields, author=world.secretary, now=now)
    world.motif.refresh_from_db()
    world.motif.departement = world.departement
    _forget_messages(scheme, now)
    if not scheme.has_waitlist:
        return
    waitlist_rules.open_waitlist(
        motif=world.motif, is_open=True, notice_min=LAST_OFFER_MIN, author=world.secretary, now=now
    )
    # Past the form: some schemes are compared because no administrator should settle them.
    world.departement.waitlist_policy = dict(scheme.settings)
    world.departement.save(update_fields=["waitlist_policy"])


def _forget_messages(scheme: Scheme, now: datetime) -> None:
    """The hours were booked before: what the policy does not send is taken out of the box."""
    if scheme.asks:
        return
    kinds = [News.SECOND_SMS] if scheme.has_reminders else None
    for participation in Participation.objects.live():
        post_office.make_obsolete(subject_of(participation), now=now, kinds=kinds)
