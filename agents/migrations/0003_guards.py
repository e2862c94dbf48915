"""What Django cannot declare: no row of the institution links two départements (domain.md)."""

from django.db import migrations

from rdv.core.db import tenant_fk, tenant_key


class Migration(migrations.Migration):
    dependencies = [("agents", "0002_initial")]
    operations = [
        tenant_key("agents_site"),
        tenant_key("agents_service"),
        tenant_key("agents_agent"),
        tenant_key("agents_equipe"),
        tenant_fk("agents_fermeture", "site_id", "agents_site"),
        tenant_fk("agents_agentservice", "agent_id", "agents_agent"),
        tenant_fk("agents_agentservice", "service_id", "agents_service"),
        tenant_fk("agents_affectation", "agent_id", "agents_agent"),
        tenant_fk("agents_affectation", "site_id", "agents_site"),
        tenant_fk("agents_equipe", "site_id", "agents_site"),
        tenant_fk("agents_equipemembre", "equipe_id", "agents_equipe"),
        tenant_fk("agents_equipemembre", "agent_id", "agents_agent"),
    ]
