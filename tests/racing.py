"""Jobs run at the same instant, as two people who press at once. For tests with `transaction=True`."""

import threading
from collections import Counter

from django.db import connection, connections


def together(jobs):
    """Run the jobs at the same instant, each on its own connection; what each answered, or the error it got."""
    barrier = threading.Barrier(len(jobs))
    answers = [None] * len(jobs)

    def run(index, job):
        try:
            with connection.cursor() as cursor:
                # A queue that does not move is an error here, and errors are counted. How long one waits is measured
                # by `make bench` (rush_200): in a test it would depend on what else the machine does.
                cursor.execute("SET lock_timeout = '60s'")
            barrier.wait(timeout=60)
            answers[index] = job()
        except Exception as error:  # noqa: BLE001 - every kind of refusal or failure is counted
            answers[index] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return answers


def kinds(answers):
    return Counter(type(answer).__name__ for answer in answers)
