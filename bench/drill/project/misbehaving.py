"""A step of a Pipeline that misbehaves where a record says so, as bad models and bad libraries do."""

import ctypes
import os
import threading
from typing import Any, Self

import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

SLOW_SECONDS = 0.05


class Deeds(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Does what the column `deed` says and drops it."""

    def fit(self, frame: pd.DataFrame, y: Any = None) -> Self:
        self.fitted_ = True
        return self

    def transform(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Raises ValueError, MemoryError, or never returns."""
        for deed in set(frame["deed"]) - {"none"}:
            if deed == "poison":
                raise ValueError("this row is poison")
            if deed == "slow":
                threading.Event().wait(SLOW_SECONDS)  # under libfaketime time.sleep is refused
            if deed == "hang":
                threading.Event().wait()
            if deed == "exit":
                os._exit(3)
            if deed == "segfault":
                ctypes.string_at(0)
            if deed == "memory":
                bytearray(1 << 34)
        return frame.drop(columns="deed")
