"""All lessons, and how far one has come."""

from __future__ import annotations

from amlib import words
from amlib.show import aside, markdown

from . import progress, shelf


def overview(lang: str) -> None:
    """A table of the lessons with links, minutes and the exercises done, and which lesson comes next."""
    say = words.of(lang)
    done = {}
    try:
        done = progress.done()
    except progress.ProgressUnreadable as error:
        aside("waiting", str(error))
    heads = [say.text("Lesson"), say.text("Minutes"), say.text("Exercises done")]
    rows = ["|  | " + " | ".join(heads) + " |", "|--:|:--|--:|:--|"]
    next_one = None
    for lesson in shelf.lessons():
        solved = {*done.get(lesson.name, [])} & {*lesson.exercises}
        if not next_one and solved < {*lesson.exercises}:
            next_one = lesson
        marks = "".join("●" if number in solved else "○" for number in lesson.exercises)
        link = f"[{lesson.title[lang]}]({lesson.name}.ipynb)"
        counted = f"{marks} {len(solved)}/{len(lesson.exercises)}"
        rows.append(f"| {lesson.number} | {link} | {lesson.minutes} | {counted} |")
    markdown("\n".join(rows))
    if next_one is None:
        aside("right", say.text("All lessons are done."))
    else:
        title = next_one.title[lang]
        aside("hint", say.text("Next: lesson {number}, {title}", number=next_one.number, title=title))
