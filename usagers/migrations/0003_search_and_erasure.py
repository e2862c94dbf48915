"""One index for every search of people, the mark of an erased file, and codes found by what they were asked for."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import BtreeGinExtension
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("usagers", "0002_guards")]
    operations = [
        BtreeGinExtension(),
        migrations.RemoveIndex(model_name="usager", name="usager_names"),
        migrations.AddField(
            model_name="usager", name="erased_at", field=models.DateTimeField(editable=False, null=True)
        ),
        migrations.AddIndex(
            model_name="logincode",
            index=models.Index(fields=["purpose", "created_at"], name="login_code_purpose"),
        ),
        migrations.AddIndex(
            model_name="usager",
            index=GinIndex(
                "departement",
                OpClass("search_key", name="gin_trgm_ops"),
                OpClass("phone", name="gin_trgm_ops"),
                fastupdate=False,
                name="usager_search",
            ),
        ),
        migrations.AddIndex(
            model_name="usager",
            index=models.Index(
                models.F("departement"),
                models.OrderBy(models.F("last_contact_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="usager_last_seen",
            ),
        ),
    ]
