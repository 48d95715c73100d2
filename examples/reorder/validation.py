"""The schema of a reorder: the client names a user and a product, and the service looks up what is known of them."""

from pydantic import BaseModel, Field

MANY = 1_000_000_000  # more than a shop counts, less than what an int64 holds


class PredictionData(BaseModel):
    """A product that a user bought before: will it be in the order that is being opened?"""

    user_id: int = Field(title="User", ge=1, le=MANY, examples=[1741])
    product_id: int = Field(title="Product", ge=1, le=MANY, examples=[13176])


class UserFeatures(BaseModel):
    """How a user shops, and the order that is being opened."""

    total_orders: int = Field(title="Orders so far", ge=1, le=MANY, examples=[22])
    sum_days_between_orders: int = Field(title="Days from first order to last", ge=0, le=MANY, examples=[204])
    user_average_days_between_orders: float = Field(title="Days between orders", ge=0, le=365, examples=[9.71])
    total_items: int = Field(title="Items bought", ge=1, le=MANY, examples=[102])
    total_distinct_items: int = Field(title="Different products bought", ge=1, le=MANY, examples=[15])
    user_average_basket: float = Field(title="Items in an order", ge=0, le=10_000, examples=[4.64])
    user_reorder_ratio: float = Field(title="Share bought again", ge=0, le=1, examples=[0.879])
    order_dow: int = Field(
        title="Day of the week", description="0 to 6, as Instacart counts them", ge=0, le=6, examples=[1]
    )
    order_hour_of_day: int = Field(title="Hour of the day", ge=0, le=23, examples=[8])
    days_since_prior_order: int = Field(
        title="Days since the last order", description="30 stands for longer, too", ge=0, le=365, examples=[6]
    )


class ProductFeatures(BaseModel):
    """Where a product stands in the shop, and how often people come back for it."""

    aisle_id: int = Field(title="Aisle", ge=1, le=MANY, examples=[24])
    department_id: int = Field(title="Department", ge=1, le=MANY, examples=[4])
    prod_orders: int = Field(title="Orders with it", ge=1, le=MANY, examples=[1568])
    prod_reorders: int = Field(title="Of these not the buyer's first", ge=0, le=MANY, examples=[1300])
    prod_reorder_probability: float = Field(title="Buyers who came back for it", ge=0, le=1, examples=[0.705])
    prod_reorder_times: float = Field(title="Orders with it for each buyer", ge=1, le=MANY, examples=[5.85])
    prod_reorder_ratio: float = Field(title="Share of reorders", ge=0, le=1, examples=[0.829])


class UserProductFeatures(BaseModel):
    """What a user did with a product."""

    up_orders: int = Field(title="The user's orders with it", ge=1, le=MANY, examples=[16])
    up_first_order: int = Field(title="Number of the first of them", ge=1, le=MANY, examples=[1])
    up_last_order: int = Field(title="Number of the last of them", ge=1, le=MANY, examples=[22])
    up_average_cart_position: float = Field(title="Its place in the cart", ge=1, le=10_000, examples=[1.88])
    up_order_rate: float = Field(title="Share of the user's orders with it", ge=0, le=1, examples=[0.727])
    up_orders_since_last_order: int = Field(title="Orders without it since", ge=0, le=MANY, examples=[0])
    up_order_rate_since_first_order: float = Field(title="The share since the first", ge=0, le=1, examples=[0.727])


FEATURE_VIEWS = {
    "users": {"entities": ["user_id"], "features": UserFeatures},
    "products": {"entities": ["product_id"], "features": ProductFeatures},
    "user_products": {"entities": ["user_id", "product_id"], "features": UserProductFeatures},
}
