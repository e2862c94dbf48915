"""What happens once a fact is committed. A dead broker never turns a booked Rdv into an error (messages.md)."""

from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from celery import Task, current_app
from django.db import transaction

log = structlog.get_logger(__name__)


def after_commit(task: "Task[..., Any]", *args: object) -> None:
    """Queue `task(*args)` after the commit; if the broker is away, say so in the log: the sweep will find the row."""
    transaction.on_commit(partial(_send, task, args), robust=True)


def named_after_commit(name: str, *args: object) -> None:
    """The same for a service that stands below the task it wakes, and knows only its name."""
    transaction.on_commit(partial(_send_named, name, args), robust=True)


def named_once_after_commit(name: str) -> None:
    """The same for what is noted many times in one transaction: woken once."""
    waiting = (function for _, function, _ in transaction.get_connection().run_on_commit)
    if not any(isinstance(one, partial) and one.func is _send_named and one.args[0] == name for one in waiting):
        named_after_commit(name)


def _send_named(name: str, args: tuple[object, ...]) -> None:
    try:
        current_app.send_task(name, args=args, retry=False, ignore_result=True)
    except Exception as error:  # noqa: BLE001 - as above
        log.warning("task_not_queued", task=name, error=type(error).__name__)


def _send(task: "Task[..., Any]", args: tuple[object, ...]) -> None:
    try:
        task.apply_async(args=args, retry=False, ignore_result=True)
    except Exception as error:  # noqa: BLE001 - kombu raises its transports' own errors; none may reach the person
        log.warning("task_not_queued", task=task.name, error=type(error).__name__)


def call_after_commit(function: Callable[[], None]) -> None:
    """Run `function` after the commit, robustly: its failure is logged, never shown.

    Django's own `robust` looks for the name of what failed, which a `partial` has not: it fails itself.
    """
    transaction.on_commit(partial(_call, function), robust=True)


def _call(function: Callable[[], None]) -> None:
    try:
        function()
    except Exception:  # the fact is committed: nothing that follows it may turn it into an error
        log.exception("after_commit_failed", function=str(function))
