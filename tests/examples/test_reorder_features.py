"""The features of reorder, counted by hand for two users and four products."""

import importlib.util
from io import StringIO
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

HISTORY = Path(__file__).resolve().parents[2] / "examples" / "reorder" / "history.py"
MILK, BREAD, TEA, JAM = 1, 2, 3, 4

ORDERS = """
order_id,user_id,order_number,order_dow,order_hour_of_day,days_since_prior_order
11,7,1,0,9,
12,7,2,1,10,10.0
13,7,3,2,11,4.0
21,8,1,3,12,
"""
OPENED = """
order_id,user_id,order_number,order_dow,order_hour_of_day,days_since_prior_order
19,7,4,5,16,30.0
29,8,2,6,23,0.0
"""
LINES = """
order_id,product_id,add_to_cart_order,reordered
11,1,1,0
11,2,2,0
12,1,3,1
12,2,1,1
12,3,2,0
13,1,2,1
13,3,1,1
13,4,3,0
21,1,1,0
19,2,1,1
29,1,1,1
"""
PRODUCTS = """
product_id,product_name,aisle_id,department_id
1,Milk,84,16
2,Bread,112,3
3,Tea,94,7
4,Jam,88,13
5,Never bought,1,1
"""


def read(text: str) -> pd.DataFrame:
    return pd.read_csv(StringIO(text))


@pytest.fixture(scope="module")
def history() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reorder_history", HISTORY)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tables(history: ModuleType) -> dict[str, pd.DataFrame]:
    return history.features(read(ORDERS), read(LINES), read(OPENED), read(PRODUCTS))


def test_a_user_is_described_by_the_history_and_the_moment_of_the_order_being_opened(tables) -> None:
    assert tables["users"].loc[7].to_dict() == {
        "total_orders": 3,
        "sum_days_between_orders": 14,
        "user_average_days_between_orders": 7.0,
        "total_items": 8,
        "total_distinct_items": 4,
        "user_average_basket": pytest.approx(8 / 3),
        "user_reorder_ratio": pytest.approx(4 / 6),  # of the six items after the first order
        "order_dow": 5,
        "order_hour_of_day": 16,
        "days_since_prior_order": 30,
    }


def test_a_user_with_one_order_has_no_pauses_and_no_reorders(tables) -> None:
    user = tables["users"].loc[8]
    assert user["user_average_days_between_orders"] == 0
    assert user["user_reorder_ratio"] == 0
    assert user["sum_days_between_orders"] == 0


def test_a_product_is_described_by_all_who_bought_it(tables) -> None:
    assert tables["products"].loc[MILK].to_dict() == {
        "aisle_id": 84,
        "department_id": 16,
        "prod_orders": 4,
        "prod_reorders": 2,
        "prod_reorder_probability": 1 / 2,  # one of its two buyers came back
        "prod_reorder_times": 2.0,
        "prod_reorder_ratio": 1 / 2,
    }
    assert tables["products"]["prod_reorder_probability"].to_dict() == {MILK: 0.5, BREAD: 1, TEA: 1, JAM: 0}


def test_a_product_that_nobody_bought_has_no_features(tables) -> None:
    assert list(tables["products"].index) == [MILK, BREAD, TEA, JAM]


def test_a_pair_is_described_by_when_and_how_early_the_user_took_the_product(tables) -> None:
    assert tables["user_products"].loc[(7, TEA)].to_dict() == {
        "up_orders": 2,
        "up_first_order": 2,
        "up_last_order": 3,
        "up_average_cart_position": 1.5,
        "up_order_rate": pytest.approx(2 / 3),
        "up_orders_since_last_order": 0,
        "up_order_rate_since_first_order": 1.0,
    }
    assert tables["user_products"].loc[(7, BREAD), "up_orders_since_last_order"] == 1
    assert (8, TEA) not in tables["user_products"].index


def test_what_is_in_the_order_being_opened_changes_nothing(history, tables) -> None:
    lines = read(LINES)
    without = history.features(
        read(ORDERS), lines[lines["order_id"].isin([11, 12, 13, 21])], read(OPENED), read(PRODUCTS)
    )
    for view, table in tables.items():
        pd.testing.assert_frame_equal(table, without[view])


def test_the_views_of_validation_py_are_the_tables_that_are_derived(tables) -> None:
    spec = importlib.util.spec_from_file_location("reorder_validation", HISTORY.parent / "validation.py")
    validation = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(validation)
    views = validation.FEATURE_VIEWS
    assert {view: list(about["features"].model_fields) for view, about in views.items()} == {
        view: list(table.columns) for view, table in tables.items()
    }
    assert {view: about["entities"] for view, about in views.items()} == {
        view: list(table.index.names) for view, table in tables.items()
    }
    kinds = {"i": int, "f": float}
    for view, about in views.items():
        wanted = [field.annotation for field in about["features"].model_fields.values()]
        assert [kinds[dtype.kind] for dtype in tables[view].dtypes] == wanted
