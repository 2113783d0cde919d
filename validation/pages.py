"""Writes docs/validation.md and its figures from the stored results."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from validation import figures, store, tables

PAGE = store.ROOT / "docs" / "validation.md"


class _Section(NamedTuple):
    title: str
    text: str


_SECTIONS = {
    "coverage": _Section(
        title="Coverage",
        text="How often a printed 95% interval contains the truth. *Difference* is this change − main, *value* "
        "this change's own; *by class* are the corrected intervals of all classes. An interval is *refused* "
        "where the report gives its reason instead. Coverage, tails and width are over the intervals that are "
        "stated without a caveat. The rule: at least 93.5% of these, allowing for Monte Carlo error (1%, "
        "one-sided). Over-coverage is allowed; it is usual where few rows make the statistic coarse. Drawn intervals "
        "use 999 draws here, 9,999 in a report.",
    ),
    "beyond": _Section(
        title="Beyond what is presumed",
        text="No interval of a mean holds for every population. Where the report says nothing, it presumes errors "
        "that are no more skewed than the metric's usual ones ([method.md](method.md)), or enough rows to see that "
        "they are. Errors in proportion to targets that are log-normal (σ = 1) are more skewed than that, as are "
        "squares of errors with tails of their own. If one model also errs much farther than the other, the few "
        "intervals that such samples have without a caveat hold less often. There is no rule here.",
    ),
    "same": _Section(
        title="A/A: models that do not differ",
        text="The two models' predictions are swapped in each row, or in each cluster, with probability one half, so "
        "every verdict `better` or `worse` is false. All metrics are gated. The rule: at most as many reports with any "
        "false verdict as 5% gives with 99% probability (123 of 2,000).",
    ),
    "edge": _Section(
        title="On the edge of the margin",
        text="The true loss is exactly the margin, so that `equivalent`, `no_worse` and `worse` are all false. The "
        "rule: together at most 5%.",
    ),
    "power": _Section(
        title="Power",
        text="How often a true difference of accuracy is found. The rule: within two points of the mid-p and of "
        "the score McNemar test on the same tables.",
    ),
    "slices": _Section(
        title="Many slices",
        text="Among the slice values that a report flags, the average share that is false, and the average share "
        "whose interval misses the truth. The rule: at most 5% each.",
    ),
    "looks": _Section(
        title="Looking often",
        text="A change that does nothing is trained and pushed 20 times. Each look alone errs as rarely as "
        "promised; some look is `better` far more often. That is why looks are counted. Where the error is divided "
        "by the looks, the rule is: whichever of the candidates looks best is `better` at the last look in at most "
        "2.5% of the changes, the half of 5% that is on that side.",
    ),
    "history": _Section(
        title="Numbers without predictions",
        text="Numbers of a file that vary on main as the noise says, and those of a change that alters nothing. The "
        "rule: some number is `unusual` in at most 5% of the reports. It is made for independent, normal noise around "
        "a line; what other noise does is shown.",
    ),
    "lessons": _Section(
        title="What the usual ways do",
        text="Textbook methods on data where the truth is known, and what the report does instead.",
    ),
}
"""By kind, in the order of the page."""

_PICTURES = {"coverage": "validation-coverage.png", "same": "validation-same.png"}


def write(*, page: Path = PAGE) -> None:
    """Write the page from the stored results; nothing where there are none."""
    found = store.read()
    if found is None:
        return
    figures.write(found.results, page.parent / "images")
    page.write_text(text(found), encoding="utf-8")


def text(found: store.Results) -> str:
    """The page."""
    reports = sum(one.repetitions for one in found.results if one.kind != "lessons")
    introduction = (
        "Does the report keep its promises? Populations are simulated whose true metrics are known exactly; samples of "
        "them go through the comparison, and what is judged are the rows that a report would print. This page is made "
        f"by `make validate`: more than {reports:,} reports, steelyard {found.version}, NumPy {found.numpy}. Every "
        "study has its own seed, so that running again gives the same numbers; all of them are in "
        "[validation/results.json](../validation/results.json). [method.md](method.md) explains the methods."
    )
    parts = ["# Validation", introduction, _summary(found)]
    for kind, section in _SECTIONS.items():
        chosen = [one for one in found.results if one.kind == kind]
        if not chosen:
            continue
        times = sorted({one.repetitions for one in chosen})
        many = f"{times[0]:,}" if len(times) == 1 else f"{times[0]:,} to {times[-1]:,}"
        parts += [f"## {section.title}", f"{section.text} Repetitions: {many} each."]
        if kind in _PICTURES:
            parts.append(f"![{section.title}](images/{_PICTURES[kind]})")
        whole = tables.table(kind, chosen).markdown()
        parts += [tables.lowest(chosen), _folded(whole)] if kind == "coverage" else [whole]
    return "\n\n".join(parts) + "\n"


def _folded(markdown: str) -> str:
    return f"<details><summary>Every interval</summary>\n\n{markdown}\n\n</details>"


def _summary(found: store.Results) -> str:
    judged = [(one, finding) for one in found.results for finding in one.findings if finding.passed is not None]
    broken = [f"- {one.name}: {finding.subject}" for one, finding in judged if not finding.passed]
    if not broken:
        return f"**All {len(judged):,} rules that were checked are kept.**"
    return "\n".join([f"**{len(broken):,} of {len(judged):,} rules are broken:**", "", *broken])
