"""For whom an edition is: the agency's own people, or the client whom a page is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbformat import NotebookNode

INTERNAL, CLIENT = AUDIENCES = ("internal", "client")

PARAMETER = "audience"
"""The parameter that a notebook declares when it knows both audiences; any other is for the agency alone."""


INTERACTIVE = "interactive"
"""The tag of cells that are for working by hand in JupyterLab."""


def meant_for(nb: NotebookNode, audience: str) -> NotebookNode:
    """A notebook without the cells that carry the tag of another audience, or that are for working by hand.

    What is not there is not executed, and needs no package.
    """
    others = {*AUDIENCES, INTERACTIVE} - {audience}
    kept = [cell for cell in nb.cells if not others & {*cell.metadata.get("tags", ())}]
    return NotebookNode({**nb, "cells": kept})


def audience_of(params: Mapping[str, Any]) -> str:
    """The audience of a report that runs with `params`."""
    return params.get(PARAMETER, INTERNAL)


def folder_of(month: str, audience: str) -> str:
    """What an edition's folder is called: "2026-10", for clients "2026-10-client"."""
    return month if audience == INTERNAL else f"{month}-{audience}"
