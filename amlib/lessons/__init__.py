"""The school: what a trainee types in a lesson. Lessons are built from their solutions by `am lessons --build`."""

from .overview import overview
from .school import School, WrongAnswer, lesson

__all__ = ["School", "WrongAnswer", "lesson", "overview"]
