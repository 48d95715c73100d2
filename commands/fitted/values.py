"""Values of numpy and pandas as JSON knows them."""

from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd


def is_gap(value: Any) -> bool:
    """None, NaN, NaT and pandas' NA stand for a missing value."""
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and np.isnan(value))


def native(value: Any) -> Any:
    """A string, number or boolean; dates in ISO 8601, anything else as its text."""
    if isinstance(value, np.datetime64):
        value = pd.Timestamp(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, np.generic):
        value = value.item()
    return value if isinstance(value, bool | int | float | str) else str(value)


def number(value: Any) -> float | None:
    """None for what is not finite."""
    found = float(value)
    return found if np.isfinite(found) else None
