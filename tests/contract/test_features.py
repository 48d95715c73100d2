"""What every feature store promises: features come back as they were written, of the type they had."""

import math
import random
import struct

from tests.contract.conftest import Ports


def test_features_come_back_with_their_types(ports: Ports) -> None:
    features: dict[str, object] = {
        "count": 3,
        "whole": 3.0,
        "large": 2**63 + 1,
        "tenth": 0.1,
        "tiny": 5e-324,
        "minus": -0.0,
        "name": "naïve \x00 \ufffe 🌸",
        "flag": True,
        "nothing": None,
        "recent": [1, 2.0, "three"],
    }
    ports.features.write("driver_stats", [("1001", features)])
    (found,) = ports.features.read([("driver_stats", "1001")])
    assert found == features
    assert {name: repr(value) for name, value in found.items()} == {name: repr(v) for name, v in features.items()}


def test_floats_come_back_bit_by_bit(ports: Ports) -> None:
    drawn = (struct.unpack("d", random.Random(number).randbytes(8))[0] for number in range(3_000))
    floats: list[object] = [value for value in drawn if math.isfinite(value)]
    ports.features.write("view", [("entity", {"floats": floats, "nan": math.nan, "inf": -math.inf})])
    (found,) = ports.features.read([("view", "entity")])
    assert found is not None
    assert found["floats"] == floats
    assert found["nan"] != found["nan"]
    assert found["inf"] == -math.inf


def test_entities_come_in_the_order_of_their_keys(ports: Ports) -> None:
    ports.features.write("view", [(f"e{i}", {"i": i}) for i in range(230)])
    keys = ["e229", "nothing", *(f"e{i}" for i in range(230)), "e0"]
    found = ports.features.read([("view", key) for key in keys])
    assert found == [{"i": 229}, None, *({"i": i} for i in range(230)), {"i": 0}]
    assert ports.features.read([]) == []
    ports.features.write("view", [])


def test_the_last_write_of_an_entity_counts(ports: Ports) -> None:
    ports.features.write("view", [("e", {"a": 1, "b": 1}), ("e", {"a": 2})])
    assert ports.features.read([("view", "e")]) == [{"a": 2}]
    ports.features.write("view", [("e", {"b": 3})])
    assert ports.features.read([("view", "e")]) == [{"b": 3}]


def test_views_do_not_share_entities_and_any_text_is_a_key(ports: Ports) -> None:
    keys = ["", "a/b", "b", "x" * 5_000, "x" * 5_001, "naïve 🌸", "%2F"]
    for view in ("view", "view/a"):
        ports.features.write(view, [(key, {"view": view, "key": key}) for key in keys])
    both = [(view, key) for view in ("view", "view/a") for key in keys]
    assert ports.features.read(both) == [{"view": view, "key": key} for view, key in both]
