"""The tables of docs/waitlist.md, from the months that were kept (`--read FILE --tables`). Room: simulation (pure).

Two policies are compared month by month: the people of the first day are the same, so that a month that is bad for one
is bad for the other. Without walk-ins is not played again: they change nothing but the hour that they fill.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean, median
from typing import TypeVar

from rdv.simulation.lines import Result, difference, interval

POLICIES = (
    "none", "reminders", "broadcast", "sequential", "default", "default-no-confirmation", "default-no-walk-in",
    "reminders-walk-in",
)  # fmt: skip
NOTICES = ((3, "under 3 h"), (12, "3 to 12 h"), (24, "12 to 24 h"), (48, "1 to 2 days"), (10_000, "more"))
Months = Sequence[Result]
Key = TypeVar("Key")


def all_tables(results: Months, *, usual: str) -> str:
    """`usual`: the rate of yes of all tables but the one that is about it."""
    plain = [one for one in results if not one.varied]
    by_policy = _by((one for one in plain if one.acceptance == usual), lambda one: one.policy)
    ordered = {name: by_policy[name] for name in POLICIES if name in by_policy}
    single = [one for one in plain if ".." not in one.acceptance or one.acceptance == usual]
    swept = _by(single, lambda one: (one.acceptance, one.policy))
    varied = _by((one for one in results if one.varied), lambda one: (one.policy, one.varied))
    parts = [
        _results(ordered), _differences(ordered), _shares(ordered), _lost(ordered), _asking(ordered),
        _acceptance(swept, usual), _sensitivity(varied, ordered),
    ]  # fmt: skip
    return "\n\n".join(part for part in parts if part)


def without_walk_ins(month: Result) -> float:
    return (month.vacant + month.by_walk_in + month.walk_ins_for_absent) / month.capacity


def _by(results: Iterable[Result], key: Callable[[Result], Key]) -> dict[Key, list[Result]]:
    found: dict[Key, list[Result]] = {}
    for one in sorted(results, key=lambda one: one.seed):
        found.setdefault(key(one), []).append(one)
    return found


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _results(policies: Mapping[str, Months]) -> str:
    head = ["policy", "months", "empty", "95 % interval", "without walk-ins", "freed hours refilled",
            "median time to fill", "offers per fill", "messages per fill"]  # fmt: skip
    return _table(head, ([f"`{name}`", *_result(months)] for name, months in policies.items()))


def _result(months: Months) -> list[str]:
    fills, freed = _sum(months, "by_list"), _sum(months, "freed")
    taken = fills + _sum(months, "by_caller") + _sum(months, "by_walk_in")
    minutes = [value for one in months for value in one.minutes]
    return [
        str(len(months)),
        f"**{_percent(_vacancy(months))}**",
        _interval(months),
        _percent(fmean(without_walk_ins(one) for one in months)),
        _percent(taken / freed) if freed else "-",
        _duration(median(minutes)) if minutes else "-",
        f"{_sum(months, 'offers') / fills:.1f}" if fills else "-",
        f"{_sum(months, 'messages') / fills:.1f}" if fills else "-",
    ]


def _differences(policies: Mapping[str, Months]) -> str:
    """`default` against each other policy, in the months that both have."""
    own = {one.seed: one.vacancy for one in policies.get("default", ())}
    rows = []
    for name, months in policies.items():
        pairs = [own[one.seed] - one.vacancy for one in months if one.seed in own]
        if name != "default" and len(pairs) > 1:
            mean, (low, high) = fmean(pairs), difference(pairs)
            rows.append([f"`{name}`", str(len(pairs)), f"{100 * mean:+.1f}", f"{100 * low:+.1f} to {100 * high:+.1f}"])
    head = ["`default` against", "months", "points", "95 % interval"]
    return _table(head, rows) if rows else ""


def _shares(policies: Mapping[str, Months]) -> str:
    names = ("absent", "walk_ins_for_absent", "freed", "by_list", "by_caller", "by_walk_in", "lost")
    head = [
        "policy",
        "months",
        "absent",
        "given to walk-ins",
        "freed",
        "by the list",
        "by a caller",
        "by a walk-in",
        "lost",
    ]
    rows = []
    for policy, months in policies.items():
        shares = (100 * _sum(months, name) / _sum(months, "capacity") for name in names)
        rows.append([f"`{policy}`", str(len(months)), *(f"{share:.1f}" for share in shares)])
    return _table(head, rows)


def _lost(policies: Mapping[str, Months]) -> str:
    """How long before they began the lost hours came free."""
    rows = []
    for policy, months in policies.items():
        hours = [value for one in months for value in one.lost_after]
        total, low, cells = _sum(months, "capacity"), 0, []
        for high, _ in NOTICES:
            cells.append(f"{100 * sum(low <= one < high for one in hours) / total:.1f}")
            low = high
        if hours:
            rows.append([f"`{policy}`", *cells])
    return _table(["lost, by notice", *(words for _, words in NOTICES)], rows)


def _asking(policies: Mapping[str, Months]) -> str:
    rows = []
    for policy, months in policies.items():
        if _sum(months, "calls"):
            counts = (_sum(months, name) / len(months) for name in ("confirmed", "asked_again", "calls", "called_off"))
            rows.append([f"`{policy}`", *(f"{count:.0f}" for count in counts)])
    head = [
        "a month of 320 hours",
        "said that they come",
        "second SMS read",
        "calls made",
        "called off when asked again",
    ]
    return _table(head, rows) if rows else ""


def _acceptance(swept: Mapping[tuple[str, str], Months], usual: str) -> str:
    if len({rate for rate, _ in swept}) < 2:
        return ""
    rows = []
    names = {policy for rate, policy in swept if rate != usual}
    for (rate, policy), months in sorted(swept.items(), key=lambda item: (item[0][1], _middle(item[0][0]))):
        if policy in names:
            cells = [_words(rate), f"`{policy}`", str(len(months)), _percent(_vacancy(months)), _interval(months)]
            fills = _sum(months, "by_list")
            offers = f"{_sum(months, 'offers') / fills:.1f}" if fills else "-"
            rows.append([*cells, f"{100 * _sum(months, 'lost') / _sum(months, 'capacity'):.1f} %", offers])
    return _table(["yes", "policy", "months", "empty", "95 % interval", "lost", "offers per fill"], rows)


def _sensitivity(varied: Mapping[tuple[str, str], Months], policies: Mapping[str, Months]) -> str:
    rows = []
    for (policy, what), months in varied.items():
        own = {one.seed: one.vacancy for one in policies.get(policy, ())}
        pairs = [one.vacancy - own[one.seed] for one in months if one.seed in own]
        if pairs:
            seeds = ", ".join(str(one.seed) for one in months if one.seed in own)
            rows.append(
                [f"`{what}`", f"`{policy}`", seeds, _percent(_vacancy(months)), f"{100 * fmean(pairs):+.1f} points"]
            )
    head = ["figure", "policy", "months (seeds)", "empty", "against the same months as usual"]
    return _table(head, rows) if rows else ""


def _vacancy(months: Months) -> float:
    return fmean(one.vacancy for one in months)


def _sum(months: Months, name: str) -> int:
    return sum(getattr(one, name) for one in months)


def _interval(months: Months) -> str:
    around = interval([one.vacancy for one in months])
    return f"{100 * around[0]:.1f} to {100 * around[1]:.1f} %" if around else "-"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _duration(minutes: float) -> str:
    if minutes < 120:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.0f} h" if minutes < 48 * 60 else f"{minutes / 1440:.1f} days"


def _middle(rate: str) -> float:
    low, _, high = rate.partition("..")
    return (float(low) + float(high or low)) / 2


def _words(rate: str) -> str:
    low, _, high = rate.partition("..")
    return f"{100 * float(low):g} to {100 * float(high):g} %" if high else f"{100 * float(low):g} %"
