"""What an account manager does: a client's road, the place in the middle, the ladder, and the skills."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from amlib.charts.style import ACCENT, INK, MUTED, PALE, TARGET, Chart, above, canvas, row_names
from amlib.words import Words


def journey(words: Words, days: Sequence[pd.Timestamp]) -> Chart:
    """The six stops of a client's work from brief to renewal: their days, in that order, and who does what."""
    stops = [
        (words.text("Brief"), words.text("The client says what is needed; you ask until it is clear")),
        (words.text("Proposal"), words.text("Departments have the ideas; you answer for the whole")),
        (words.text("Contract"), words.text("Scope, fee, deadline: what is not in it is not agreed")),
        (words.text("Delivery"), words.text("Departments make it; you keep time and cost")),
        (words.text("Reconciliation"), words.text("Both ledgers show the same debt, and money comes in")),
        (words.text("Renewal"), words.text("Begins on the day the contract does, not in its last month")),
    ]
    figure, axes = canvas(height=0.3 + 0.72 * len(stops))
    axes.plot([0, 0], [0, len(stops) - 1], color=PALE, lw=4, zorder=1)
    for at, ((stop, who), day) in enumerate(zip(stops, days, strict=True)):
        axes.plot(0, at, "o", color=ACCENT, ms=13, zorder=2)
        axes.text(0.05, at - 0.15, f"{stop} · {words.day(day)}", weight="bold", va="center", color=INK)
        axes.text(0.05, at + 0.2, who, fontsize=8.8, va="center", color=INK)
    axes.set(xlim=(-0.03, 1), ylim=(len(stops) - 0.5, -0.5), xticks=[], yticks=[])
    axes.spines["bottom"].set_visible(False)
    axes.grid(visible=False)
    told = words.enumerate([f"{stop} {words.day(day)}" for (stop, _), day in zip(stops, days, strict=True)])
    alt = words.text("A client's road in six stops: {told}.", told=told)
    rows = [(stop, words.day(day), who) for (stop, who), day in zip(stops, days, strict=True)]
    heads = [words.text("Stop"), words.text("Day"), words.text("Who does what")]
    return Chart(figure, alt, pd.DataFrame(rows, columns=heads))


def middle(words: Words, hours: pd.Series) -> Chart:
    """The account manager between the client and the departments: `hours` by department, most first."""
    hours = hours.sort_values(ascending=False)
    figure, axes = canvas(height=0.9 + 0.5 * len(hours))
    centre, names = (len(hours) - 1) / 2, [words.of_data(code) for code in hours.index]
    axes.plot([0.1, 0.5], [centre, centre], color=ACCENT, lw=3, zorder=1)
    for at, (name, worked) in enumerate(zip(names, hours, strict=True)):
        axes.plot([0.5, 1], [centre, at], color=PALE, lw=1 + 9 * worked / hours.max(), zorder=1)
        axes.text(1.08, at, f"{name}\n{words.measure(worked, 'hours', '')}", va="center", color=INK, fontsize=9.5)
    for x, label in ((0.1, words.text("Client")), (0.5, words.text("you").capitalize())):
        axes.plot(x, centre, "o", color=ACCENT, ms=46, zorder=2)
        axes.text(x, centre, label, ha="center", va="center", color="#ffffff", weight="bold", fontsize=8, zorder=3)
    axes.set(xlim=(-0.1, 1.5), ylim=(len(hours) - 0.4, -0.6), xticks=[], yticks=[])
    axes.spines["bottom"].set_visible(False)
    axes.grid(visible=False)
    said = [f"{name} {words.measure(worked, 'hours', '')}" for name, worked in zip(names, hours, strict=True)]
    alt = words.text("One line joins the client to you; from you a line goes to each department: {told}.",
                     told=words.enumerate(said))  # fmt: skip
    columns = {
        words.text("Department"): names,
        words.text("Hours worked"): [words.number(worked, 1) for worked in hours],
    }
    return Chart(figure, alt, pd.DataFrame(columns))


def ladder(words: Words) -> Chart:
    """The steps of the career from executive to director, and what each answers for."""
    steps = [
        (words.of_data("director"), words.text("the whole book: revenue, people, prices")),
        (words.of_data("senior_manager"), words.text("the large clients and their year plan")),
        (words.of_data("manager"), words.text("a group of clients: renewal, margin, debts")),
        (words.of_data("senior_executive"), words.text("own clients: proposals, cost, growth")),
        (words.of_data("executive"), words.text("the daily work: replies, deadlines, minutes")),
    ]
    figure, axes = canvas(height=0.4 + 0.62 * len(steps))
    for at, (level, answers) in enumerate(steps):
        high = len(steps) - at
        axes.barh(at, 1, left=0.045 * (high - 1), color=PALE, height=0.86)
        axes.text(0.045 * (high - 1) + 0.03, at - 0.19, level, weight="bold", va="center", color=INK)
        axes.text(0.045 * (high - 1) + 0.03, at + 0.2, answers, fontsize=9, va="center", color=INK)
    axes.set(xlim=(0, 1.2), ylim=(len(steps) - 0.5, -0.5), xticks=[], yticks=[])
    axes.spines["bottom"].set_visible(False)
    axes.grid(visible=False)
    told = "; ".join(f"{level}: {answers}" for level, answers in steps[::-1])
    alt = words.text("The ladder from the lowest step to the highest, and what each answers for: {told}.", told=told)
    heads = [words.text("Level"), words.text("Answers for")]
    return Chart(figure, alt, pd.DataFrame(steps[::-1], columns=heads))


_SKILLS = {
    "listening": (3, 5),
    "writing": (4, 5),
    "order": (4, 5),
    "figures": (3, 5),
    "arguing": (2, 4),
    "trade": (2, 4),
}


def skills(words: Words, mine: Mapping[str, int]) -> Chart:
    """Own marks of 1 to 5 for six skills beside what two steps of the ladder ask.

    Raises:
        KeyError: for a skill that is not among the six, or is missing.
        ValueError: for a mark that is not from 1 to 5.
    """
    names = {
        "listening": words.text("Asking and listening"),
        "writing": words.text("Writing a brief"),
        "order": words.text("Deadlines and hand-overs"),
        "figures": words.text("Figures and costs"),
        "arguing": words.text("Saying no, negotiating"),
        "trade": words.text("Knowing the client's trade"),
    }
    if wrong := {*mine} ^ {*names}:
        raise KeyError(f"skills are {', '.join(names)}; look at {', '.join(sorted(wrong))}")
    if wrong := {skill: mark for skill, mark in mine.items() if mark not in range(1, 6)}:
        raise ValueError(f"marks go from 1 to 5; found {wrong}")
    figure, axes = canvas(height=0.9 + 0.48 * len(names))
    for at, skill in enumerate(names):
        first, later = _SKILLS[skill]
        axes.plot([1, 5], [at, at], color=MUTED, lw=1.2, zorder=1)
        axes.plot([first] * 2, [at - 0.27, at + 0.27], color=INK, lw=3, zorder=2)
        axes.plot([later] * 2, [at - 0.27, at + 0.27], color=TARGET, lw=3, ls=(0, (1, 0.7)), zorder=2)
        axes.plot(mine[skill], at, "o", color=ACCENT, ms=10, zorder=3)
    row_names(axes, names.values())
    axes.set(xlim=(0.7, 5.3), ylim=(len(names) - 0.4, -0.6), xticks=range(1, 6))
    axes.grid(visible=False)
    above(axes, words.text("● you   | executive   ¦ manager"))
    said = [
        words.text("{skill}: you {mine}, an executive {first}, a manager {later}",
                   skill=names[skill], mine=mine[skill], first=_SKILLS[skill][0], later=_SKILLS[skill][1])
        for skill in names
    ]  # fmt: skip
    alt = words.text("Your own marks beside what two steps of the ladder ask. {told}.", told="; ".join(said))
    rows = [(names[skill], mine[skill], *_SKILLS[skill]) for skill in names]
    heads = [words.text("Skill"), words.text("you"), words.of_data("executive"), words.of_data("manager")]
    return Chart(figure, alt, pd.DataFrame(rows, columns=heads))
