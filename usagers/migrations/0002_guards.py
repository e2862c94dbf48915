"""What Django cannot declare: no row about a person links two départements (domain.md)."""

from django.db import migrations

from rdv.core.db import tenant_fk, tenant_key


class Migration(migrations.Migration):
    dependencies = [("usagers", "0001_initial"), ("agents", "0003_guards")]
    operations = [
        tenant_key("usagers_usager"),
        tenant_fk("usagers_proche", "responsable_id", "usagers_usager"),
        tenant_fk("usagers_proche", "person_id", "usagers_usager"),
        tenant_fk("usagers_referent", "usager_id", "usagers_usager"),
        tenant_fk("usagers_referent", "agent_id", "agents_agent"),
    ]
