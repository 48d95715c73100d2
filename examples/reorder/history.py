"""Derives what a shop knows of its users, its products and each pair of the two from the orders so far."""

import pandas as pd


def features(
    orders: pd.DataFrame, lines: pd.DataFrame, opened: pd.DataFrame, products: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """The tables `users`, `products` and `user_products`, each under the ids of its entities.

    `orders` are the history (order_id, user_id, order_number, days_since_prior_order). `lines` are what was in them
    (order_id, product_id, add_to_cart_order, reordered); lines of any other order are left out, so that nothing is
    counted which was not known yet. `opened` is the one order of each user that is being filled, of which only the
    moment is known (user_id, order_dow, order_hour_of_day, days_since_prior_order). `products` has aisle_id and
    department_id by product_id.
    """
    bought = lines.merge(orders[["order_id", "user_id", "order_number"]], on="order_id")
    pairs = _pairs(bought, orders)
    return {"users": _users(bought, orders, opened), "products": _products(pairs, products), "user_products": pairs}


def _users(bought: pd.DataFrame, orders: pd.DataFrame, opened: pd.DataFrame) -> pd.DataFrame:
    """How often each user shops, how much, how much of it again; and the order that is being opened."""
    days = orders.groupby("user_id")["days_since_prior_order"]
    items = bought.groupby("user_id")
    after_first = bought[bought["order_number"] > 1].groupby("user_id")
    users = pd.DataFrame(
        {
            "total_orders": orders.groupby("user_id").size(),
            "sum_days_between_orders": days.sum().astype(int),
            "user_average_days_between_orders": days.mean().fillna(0.0),  # after one order there is no pause to average
            "total_items": items.size(),
            "total_distinct_items": items["product_id"].nunique(),
        }
    )
    users["user_average_basket"] = users["total_items"] / users["total_orders"]
    users["user_reorder_ratio"] = after_first["reordered"].mean().reindex(users.index, fill_value=0.0)
    moment = opened.set_index("user_id")[["order_dow", "order_hour_of_day", "days_since_prior_order"]].astype(int)
    return users.join(moment, how="inner")


def _products(pairs: pd.DataFrame, products: pd.DataFrame) -> pd.DataFrame:
    """Where each product stands in the shop, and how often those who bought it come back for it."""
    times = pairs["up_orders"].groupby("product_id")
    users, orders = times.size(), times.sum()
    reorders = orders - users  # the first time is none
    counts = pd.DataFrame(
        {
            "prod_orders": orders,
            "prod_reorders": reorders,
            "prod_reorder_probability": (pairs["up_orders"] > 1).groupby("product_id").mean(),
            "prod_reorder_times": 1 + reorders / users,
            "prod_reorder_ratio": reorders / orders,
        }
    )
    return products.set_index("product_id")[["aisle_id", "department_id"]].join(counts, how="inner")


def _pairs(bought: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """How often, when and how early in the cart each user bought each product."""
    pairs = bought.groupby(["user_id", "product_id"]).agg(
        up_orders=("order_id", "size"),
        up_first_order=("order_number", "min"),
        up_last_order=("order_number", "max"),
        up_average_cart_position=("add_to_cart_order", "mean"),
    )
    total = orders.groupby("user_id").size().reindex(pairs.index, level="user_id")
    pairs["up_order_rate"] = pairs["up_orders"] / total
    pairs["up_orders_since_last_order"] = total - pairs["up_last_order"]
    pairs["up_order_rate_since_first_order"] = pairs["up_orders"] / (total - pairs["up_first_order"] + 1)
    return pairs
