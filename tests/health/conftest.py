"""The sample's clients at the end of October 2026."""

from __future__ import annotations

import pandas as pd
import pytest

from amlib import health


@pytest.fixture(scope="session")
def october(sample_book) -> pd.DataFrame:
    """The measures of the sample's clients at the end of October."""
    return health.measures(sample_book, "2026-10")
