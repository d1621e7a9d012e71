"""The sentence at the end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from common import Row
from evaluation.settings import EVERYTHING, Settings
from evaluation.wording import joined


def conclude(comparisons: Iterable[Row], settings: Settings, strategies: Sequence[str]) -> str:
    """One sentence: which strategies are better than the reference baselines, worse, or neither.

    It is about the primary metric, over all cutoffs if there are several. Better than both
    means better than each by itself, in a test adjusted for the number of strategies.
    """
    about = settings.about
    references = [name for name in settings.references if name in strategies]
    candidates = [name for name in strategies if name not in settings.baselines]
    if not references:
        return (
            f"No verdict by {about}: the lists of "
            f"{' and '.join(settings.references) or 'a baseline'} are not among those given, and a "
            "number without its baselines means nothing."
        )
    if not candidates:
        return f"No verdict by {about}: only baselines were given."
    rows = [
        row
        for row in comparisons
        if row["metric"] == settings.primary_metric and row["k"] == settings.sentence_k
    ]
    cutoffs = sorted({row["cutoff"] for row in rows})
    if EVERYTHING in cutoffs:
        rows = [row for row in rows if row["cutoff"] == EVERYTHING]
    verdicts: dict[tuple[str, ...], list[str]] = {}
    for name in candidates:
        found = {row["baseline"]: row["verdict"] for row in rows if row["strategy"] == name}
        against = [partner for partner in references if partner in found]
        if against:
            verdicts.setdefault(
                tuple(f"{found[partner]}|{partner}" for partner in against), []
            ).append(name)
    if not verdicts:
        return f"No verdict by {about}: no strategy has lists at the same cutoff as the baselines."

    def rank(item: tuple[tuple[str, ...], list[str]]) -> tuple[int, int]:
        outcomes = [part.split("|")[0] for part in item[0]]
        return (-outcomes.count("better"), outcomes.count("worse"))

    phrases = []
    for parts, names in sorted(verdicts.items(), key=rank):
        by_outcome: dict[str, list[str]] = {}
        for part in parts:
            outcome, partner = part.split("|", 1)
            by_outcome.setdefault(outcome, []).append(partner)
        verb = "is" if len(names) == 1 else "are"
        told = []
        for outcome in ("better", "worse", "cannot be told apart"):
            if outcome in by_outcome:
                partners = joined(by_outcome[outcome])
                told.append(
                    f"cannot be told apart from {partners}"
                    if outcome.startswith("cannot")
                    else f"{verb} {outcome} than {partners}"
                )
        phrases.append(f"{joined(names)} {' but '.join(told)}")
    users = max(row["n"] for row in rows)
    folds = len([name for name in cutoffs if name != EVERYTHING])
    over = f" over {folds} cutoffs" if folds > 1 else ""
    return f"By {about} for {users:,} users{over}: {'; '.join(phrases)}."
