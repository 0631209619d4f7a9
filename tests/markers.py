"""Texts that tell whose a row is: planted in a book, and looked for in what is written of it."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pandas as pd

# The text columns that are the client's own, and the columns by which a row is known to be one's.
OWN = {
    "clients": ["name", "industry"],
    "contracts": ["contract_id", "renews"],
    "costs": ["cost_id", "approved_by"],
    "invoices": ["invoice_id"],
    "messages": ["message_id", "channel"],
    "payments": ["payment_id"],
    "projects": ["project_id"],
    "statements": ["invoice_id"],
    "surveys": ["survey_id", "comment"],
    "tasks": ["task_id"],
}
LINKS = ("contract_id", "invoice_id", "project_id", "renews")


def marker(client: str) -> str:
    return f"zq{client.lower()}qz"


def plant(folder: Path) -> set[str]:
    """Put the marker of its client into every row of every table, in all its texts; give the markers."""
    tables = {name: pd.read_csv(folder / f"{name}.csv", dtype="str") for name in OWN}
    owner = {name: rows.client_id for name, rows in tables.items() if "client_id" in rows}
    of_project = dict(zip(tables["projects"].project_id, owner["projects"], strict=True))
    of_invoice = dict(zip(tables["invoices"].invoice_id, owner["invoices"], strict=True))
    for name in ("costs", "tasks"):
        owner[name] = tables[name].project_id.map(of_project)
    owner["payments"] = tables["payments"].invoice_id.map(of_invoice)
    for name, rows in tables.items():
        mark = owner[name].map(marker, na_action="ignore").fillna("")
        for column in {*OWN[name], *(link for link in LINKS if link in rows)}:
            # A comment nobody wrote is written here; a link that leads nowhere stays so.
            text = rows[column].fillna("") if column == "comment" else rows[column]
            rows[column] = text + " " + mark if column not in LINKS and not column.endswith("_id") else text + mark
        rows.to_csv(folder / f"{name}.csv", index=False)
    return {marker(client) for client in tables["clients"].client_id}


def found(text: str) -> set[str]:
    """The markers in a text and in the drawings that it holds."""
    drawn = (base64.b64decode(image).decode() for image in re.findall(r"data:image/svg\+xml;base64,([\w+/=]+)", text))
    return set(re.findall(r"zqkh\d+qz", "\n".join([text, *drawn]).lower()))
