"""Files of the responsable in the matrix: one in each state. Built by tests/rights/world.build."""

import uuid

from agents.access import scope_of
from rdv.domain.exporting import Filters
from rdv.models import Export, ExportState
from rdv.services.export_run import run_export
from rdv.services.exports import ask_export


def prepared_files(house):
    today = house.now.date()
    scope = scope_of(house.people["responsable"], today=today)
    filters = Filters(today.replace(month=1, day=1), today, with_people=True)

    def ask():
        return ask_export(
            key=uuid.uuid4(),
            departement=house.departement,
            scope=scope,
            filters=filters,
            file_format="csv",
            now=house.now,
        )

    house.ready_export, house.failed_export = ask(), ask()
    run_export(house.ready_export.pk, now=house.now)
    Export.objects.filter(pk=house.failed_export.pk).update(state=ExportState.FAILED)
    house.running_export, house.asked_export = ask(), ask()
    Export.objects.filter(pk=house.running_export.pk).update(state=ExportState.RUNNING, row_count=12_000, attempts=1)
