"""The wider indexes of 0004 take the place, and the names, of those they contain.

Two indexes that begin alike cost two writes, and PostgreSQL chose the narrower one: it then fetched each opening of the
full weeks (8,500 pages for 20 sites) to read the length that the wider one holds. The model declares the first columns.
"""

from django.db import migrations

SWAP = """
DROP INDEX ouverture_site, ouverture_agent, occupation_agent;
ALTER INDEX ouverture_site_free RENAME TO ouverture_site;
ALTER INDEX ouverture_agent_free RENAME TO ouverture_agent;
ALTER INDEX occupation_covering RENAME TO occupation_agent;
"""
UNDO = """
ALTER INDEX ouverture_site RENAME TO ouverture_site_free;
ALTER INDEX ouverture_agent RENAME TO ouverture_agent_free;
ALTER INDEX occupation_agent RENAME TO occupation_covering;
CREATE INDEX ouverture_site ON rdv_ouverture (site_id, starts_at) WHERE NOT is_cancelled;
CREATE INDEX ouverture_agent ON rdv_ouverture (agent_id, starts_at) WHERE NOT is_cancelled;
CREATE INDEX occupation_agent ON rdv_occupation (agent_id, starts_at);
"""


class Migration(migrations.Migration):
    dependencies = [("rdv", "0004_longest_free")]
    operations = [migrations.RunSQL(SWAP, UNDO)]
