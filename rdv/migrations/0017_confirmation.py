"""Does the person come? The answer, since when the hour is this one, the settings of a motif, the call.

Motifs that exist do not begin to ask by themselves: their administrator switches it on; new ones ask.
"""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('rdv', '0016_series'),
    ]

    operations = [
        migrations.AddField(
            model_name='motif',
            name='asks_confirmation',
            field=models.BooleanField(default=False, verbose_name='demander à la personne si elle vient'),
        ),
        migrations.AlterField(
            model_name='motif',
            name='asks_confirmation',
            field=models.BooleanField(default=True, verbose_name='demander à la personne si elle vient'),
        ),
        migrations.AddField(
            model_name='motif',
            name='second_sms_days',
            field=models.PositiveSmallIntegerField(default=1, null=True, verbose_name='second SMS sans réponse, jours avant'),
        ),
        migrations.AddField(
            model_name='motif',
            name='call_days',
            field=models.PositiveSmallIntegerField(default=1, null=True, verbose_name='appel sans réponse, jours ouvrés avant'),
        ),
        migrations.AddField(
            model_name='rdv',
            name='moved_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='participation',
            name='confirmed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='participation',
            name='confirmed_by',
            field=models.CharField(blank=True, choices=[('link', 'par le lien'), ('sms', 'par SMS'), ('phone', 'par téléphone'), ('desk', 'à l’accueil')], db_default='', default='', max_length=5),
        ),
        migrations.AlterField(
            model_name='appel',
            name='kind',
            field=models.CharField(choices=[('absence', 'Professionnel absent'), ('choice', 'Autres dates à proposer'), ('message', 'Message non reçu'), ('coming', 'Vient-elle ?')], max_length=8),
        ),
        migrations.AddConstraint(
            model_name='motif',
            constraint=models.CheckConstraint(condition=models.Q(('second_sms_days__isnull', True), models.Q(('second_sms_days__gte', 1), ('second_sms_days__lte', 30)), _connector='OR'), name='motif_second_sms_sane'),
        ),
        migrations.AddConstraint(
            model_name='motif',
            constraint=models.CheckConstraint(condition=models.Q(('call_days__isnull', True), models.Q(('call_days__gte', 1), ('call_days__lte', 5)), _connector='OR'), name='motif_call_days_sane'),
        ),
        migrations.AddConstraint(
            model_name='appel',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'coming')), fields=('participation', 'before'), name='appel_coming_once'),
        ),
        # The largest table of all: checked row by row in the next migration, without keeping anybody waiting.
        AddConstraintNotValid(
            model_name='participation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('confirmed_at__isnull', True), ('confirmed_by', '')), models.Q(('confirmed_at__isnull', False), models.Q(('confirmed_by', ''), _negated=True)), _connector='OR'), name='participation_confirmed_says_how'),
        ),
        AddConstraintNotValid(
            model_name='participation',
            constraint=models.CheckConstraint(condition=models.Q(('confirmed_at__isnull', True), ('status__in', ['noshow', 'seen', 'unknown']), _connector='OR'), name='participation_cancelled_unconfirmed'),
        ),
    ]
