"""Every row keeps what 0017 asks of new ones: read under a lock that stops nobody."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('rdv', '0017_confirmation'),
    ]

    operations = [
        ValidateConstraint(model_name='participation', name='participation_confirmed_says_how'),
        ValidateConstraint(model_name='participation', name='participation_cancelled_unconfirmed'),
    ]
