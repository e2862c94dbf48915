"""What a booking looks for under its lock, and what a search reads, each from its index alone.

`occupation_agent` also covers `is_blocking`, which the subtraction reads since hours wait a few minutes before they are
public: without it every Occupation of the question was fetched from the table again.
`occupation_expiring`: the holds of an agent, a few rows, where "what died on this agenda" went through all of theirs.
"""

from django.db import migrations, models
from django.db.models import Q

WIDER = """
CREATE INDEX occupation_agent_wider ON rdv_occupation (agent_id, starts_at)
    INCLUDE (ends_at, expires_at, option_id, rdv_id, kind, is_blocking);
DROP INDEX occupation_agent;
ALTER INDEX occupation_agent_wider RENAME TO occupation_agent;
"""
NARROWER = """
CREATE INDEX occupation_agent_narrower ON rdv_occupation (agent_id, starts_at)
    INCLUDE (ends_at, expires_at, option_id, rdv_id, kind);
DROP INDEX occupation_agent;
ALTER INDEX occupation_agent_narrower RENAME TO occupation_agent;
"""


class Migration(migrations.Migration):
    dependencies = [("rdv", "0010_waitlist_sources")]
    operations = [
        migrations.RunSQL(WIDER, NARROWER),
        migrations.AddIndex(
            "occupation",
            models.Index(fields=["agent"], name="occupation_expiring", condition=Q(expires_at__isnull=False)),
        ),
    ]
