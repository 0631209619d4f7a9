"""How a debt ages, how DSO counts back, and why the largest debt is not always the first call."""

from __future__ import annotations

import pandas as pd
from matplotlib.patches import Rectangle

from amlib.charts.style import ACCENT, AGES, INK, MUTED, PALE, Chart, above, canvas, row_names
from amlib.words import Words


def walk(words: Words) -> Chart:
    """One unpaid invoice from its issue on: how old the debt counts, and what is done at each age."""
    steps = [
        ("not_due", -30, 0, words.text("Check that the invoice arrived")),
        ("days_1_30", 0, 30, words.text("Call the accountant")),
        ("days_31_60", 30, 60, words.text("Send the statement of debts")),
        ("days_61_90", 60, 90, words.text("Meet whoever decides")),
        ("over_90", 90, 130, words.text("Hold new work")),
    ]
    figure, axes = canvas(height=2.9)
    for row, (age, first, last, _) in enumerate(steps):
        axes.barh(row, last - first, left=first, height=0.62, color=AGES[age])
    for row, (_, first, last, step) in enumerate(steps):
        # What is said of late steps stands left of their bars, where there is room.
        side, at = ("left", last + 3) if row < 3 else ("right", first - 3)
        axes.text(at, row, step, ha=side, va="center", color=INK, fontsize=9.5)
    axes.plot([0, 0], [-0.5, 1.5], color=INK, lw=1)
    row_names(axes, [words.of_data(age) for age, *_ in steps], width=18)
    axes.set(xlim=(-32, 132), ylim=(4.6, -0.6), xticks=[-30, 0, 30, 60, 90])
    axes.set_xlabel(words.text("days after the due date"))
    axes.spines["bottom"].set_visible(False)
    axes.grid(visible=False)
    told = words.enumerate([f"{words.of_data(age)}: {step}" for age, *_, step in steps])
    alt = words.text("A debt ages from its due date on, and each age has its step: {told}.", told=told)
    heads = {words.text("Age"): [words.of_data(age) for age, *_ in steps]}
    return Chart(figure, alt, pd.DataFrame({**heads, words.text("Step"): [step for *_, step in steps]}))


def count_back(words: Words, months: pd.DataFrame) -> Chart:
    """Billing of each `month`, latest first, with what of it is `owed`, and the `days` that this makes."""
    figure, axes = canvas(height=0.7 + 0.5 * len(months))
    axes.barh(range(len(months)), months.billed, color=MUTED, height=0.6)
    axes.barh(range(len(months)), months.owed, color=ACCENT, height=0.6)
    said = [words.measure(days, "days", "") if days else "—" for days in months.days]
    for row, (billed, days) in enumerate(zip(months.billed, said, strict=True)):
        axes.text(billed + months.billed.max() * 0.02, row, days, va="center", color=INK, weight="bold")
    names = [words.short_month(month) for month in months.month]
    row_names(axes, names)
    axes.set(xticks=[], ylim=(len(months) - 0.4, -0.6), xlim=(0, months.billed.max() * 1.25))
    axes.spines["bottom"].set_visible(False)
    axes.grid(visible=False)
    above(axes, f"■ {words.text('as much as is still owed')}", color=ACCENT)
    told = words.enumerate([f"{name} {days}" for name, days in zip(names, said, strict=True) if days != "—"])
    alt = words.text(
        "Going back from the last month, billing is taken until it makes up what is owed: {told}, {days} in all.",
        told=told,
        days=words.measure(months.days.sum(), "days", ""),
    )
    columns = {
        words.text("Month"): names,
        words.text("Billed"): [words.short_amount(value, "VND") for value in months.billed],
        words.text("Owed"): [words.short_amount(value, "VND") for value in months.owed],
        words.text("Days"): said,
    }
    return Chart(figure, alt, pd.DataFrame(columns))


def two_debts(words: Words, calls: pd.DataFrame) -> Chart:
    """Two debts of `collecting.order` (client_id, overdue, beyond) as areas: money up, days beyond habit across."""
    figure, axes = canvas(height=2.6)
    days = calls.beyond / calls.overdue
    top = calls.overdue.max()
    at = 0.0
    for row, width, colour in zip(calls.itertuples(), days, (ACCENT, PALE), strict=True):
        axes.add_patch(Rectangle((at, 0), width, row.overdue, color=colour))
        axes.text(at, row.overdue + top * 0.03, row.client_id, color=INK, weight="bold")
        at += width + 14
    axes.set(xlim=(0, at), ylim=(0, top * 1.15), xticks=[], yticks=[])
    axes.grid(visible=False)
    axes.set_xlabel(words.text("days beyond its habit, 90 at most"))
    axes.set_ylabel(words.text("money overdue"))
    parts = [
        words.text(
            "{client}: {money} overdue × {days} beyond its habit",
            client=row.client_id,
            money=words.short_money(row.overdue, "VND"),
            days=words.measure(width, "days", ""),
        )
        for row, width in zip(calls.itertuples(), days, strict=True)
    ]
    alt = words.text("The larger area is called first. {told}.", told="; ".join(parts))
    columns = {
        words.text("Client"): [*calls.client_id],
        words.text("Overdue"): [words.short_amount(value, "VND") for value in calls.overdue],
        words.text("Days"): [words.measure(width, "days", "") for width in days],
    }
    return Chart(figure, alt, pd.DataFrame(columns))
