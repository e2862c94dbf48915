"""Tasks about files: an id in, a service called. Room: tasks.

Each can run 0, 1 or 5 times (rdv.tasks.compare_files finds what was missed).
"""

from celery import shared_task

from rdv.core import clock
from usagers.services import pairs


@shared_task
def compare_file(pk: int) -> None:
    """The likely pairs of one file that was just written."""
    pairs.compare_pk(pk, now=clock.now())
