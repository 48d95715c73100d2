"""cli features: a file is loaded whole or not at all, and every line that is wrong can be found."""

import gzip
import json
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from commands.entities.lacking import lacking
from commands.entities.lines import FileRefused
from commands.features import key_of, load_features
from serving.local.connect import connect_local
from serving.ports import FeatureStore
from serving.project import Project
from serving.settings import Settings
from serving.views import FINGERPRINT, FeatureView
from tests.running import ROOT, cli
from tests.shopping import write_shopping

BOM = "\ufeff"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shopping(tmp_path_factory.mktemp("shopping") / "project")


@dataclass
class Shop:
    """The feature store of this machine's service."""

    features: FeatureStore
    views: Mapping[str, FeatureView]
    file: Path

    def load(self, view: str, content: str | bytes) -> int:
        self.file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return load_features(self.features, self.views[view], self.file)

    def stored(self, view: str, *values: str) -> dict[str, object] | None:
        """The features, without the fingerprint of the class that they were checked by."""
        (features,) = self.features.read([(view, key_of(self.views[view], values))])
        if features is not None:
            assert features.pop(FINGERPRINT) == self.views[view].fingerprint
        return features


@pytest.fixture
def shop(project: Path, tmp_path: Path) -> Iterator[Shop]:
    backend = connect_local(Settings.read({}, project_dir=project, state_dir=tmp_path / "state"))
    yield Shop(backend.features, Project.load(project).views, tmp_path / "file.csv")
    backend.close()


def test_features_are_loaded_and_shown(project: Path, tmp_path: Path) -> None:
    where = ("--project", str(project), "--state-dir", str(tmp_path / "state"))
    file = tmp_path / "users.csv"
    file.write_text(f"{BOM}name,spent,user_id,orders\r\nAnn,12.5,7,3\r\n\r\nBob,,8,1\r\n", encoding="utf-8")
    loaded = cli("features", "load", "users", str(file), *where)
    assert loaded.stdout == "users: 2 entities are loaded into the service on this machine.\n"
    assert "Left out, as users lacks them: name" in loaded.stderr
    assert "Not in the file, so their defaults are taken: vip" in loaded.stderr
    shown = cli("features", "show", "users", "007", "--json", *where)
    assert json.loads(shown.stdout) == {"orders": 3, "money spent": 12.5, "vip": False}
    table = [line.split() for line in cli("features", "show", "users", "8", *where).stdout.splitlines()]
    assert table == [["feature", "value"], ["orders", "1"], ["money", "spent", "null"], ["vip", "false"]]
    unknown = cli("features", "show", "visits", "7", "north", *where, check=False)
    assert unknown.returncode == 1
    assert unknown.stderr.startswith("error: visits has no features of user_id 7, shop north: `cli features load")


def test_a_value_may_begin_with_a_hyphen(project: Path, tmp_path: Path) -> None:
    where = ("--project", str(project), "--state-dir", str(tmp_path / "state"))
    file = tmp_path / "visits.csv"
    file.write_text("user_id,shop,visits,tags\n7,-1,3,[]\n", encoding="utf-8")
    assert cli("features", "load", "visits", str(file), *where).stdout.startswith("visits: 1 entity is loaded into")
    shown = cli("features", "show", "visits", "7", "-1", "--json", *where)
    assert json.loads(shown.stdout) == {"visits": 3, "tags": []}
    unknown = cli("features", "show", "visits", "-7", "--jsn", *where, check=False)
    assert unknown.stderr == "error: user_id is '-7': Input should be greater than or equal to 1.\n"


def test_a_project_without_views_says_how_to_declare_one(tmp_path: Path) -> None:
    ended = cli("features", "show", "users", "7", "--state-dir", str(tmp_path), check=False)
    assert ended.returncode == 1
    assert f"{ROOT / 'validation.py'} declares no feature views" in ended.stderr
    assert 'FEATURE_VIEWS = {"users": {"entities": ["user_id"], "features": UserFeatures}}' in ended.stderr


def test_the_example_lacks_what_it_neither_brings_along_nor_finds(shop: Shop, tmp_path: Path) -> None:
    def names(**sent: object) -> list[str]:
        example = {"user_id": 7, "shop": "north", "amount": 2.5, **sent}
        (folder / "example.json").write_text(json.dumps(example), encoding="utf-8")
        return [view.name for view in lacking(Project.load(folder), shop.features)]

    folder = write_shopping(tmp_path / "other")
    assert names() == ["users", "visits"]
    assert names(orders=3) == ["users", "visits"]
    assert names(**{"orders": 3, "money spent": 12.5}) == ["visits"], "vip has a default"
    shop.load("visits", "user_id,shop,visits,tags\n7,north,2,[]\n")
    assert names() == ["users"]
    assert names(shop="south") == ["users", "visits"]


def test_an_unknown_view_is_told_the_known_ones(project: Path, tmp_path: Path) -> None:
    where = ("--project", str(project), "--state-dir", str(tmp_path))
    ended = cli("features", "load", "shops", str(project / "users.csv"), *where, check=False)
    assert ended.stderr == "error: There is no feature view shops: validation.py declares users, visits.\n"


def test_cells_are_read_as_the_api_reads_them(shop: Shop, project: Path) -> None:
    packed = gzip.compress((project / "visits.csv").read_bytes())
    assert shop.load("visits", packed) == 2
    assert shop.stored("visits", "7", "north") == {"visits": 2, "tags": ["new"]}
    assert shop.stored("visits", "7", "south") == {"visits": 1, "tags": []}
    assert shop.load("users", "user_id,orders,money spent,vip\n9,4.0, 1.50,True\n") == 1
    assert shop.stored("users", "9") == {"orders": 4, "money spent": 1.5, "vip": True}


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_pipe_is_read_to_its_end(shop: Shop, pack: Callable[[bytes], bytes]) -> None:
    os.mkfifo(shop.file)
    content = pack(b"user_id,orders,spent\n7,3,1\n8,1,2\n")
    with ThreadPoolExecutor(1) as other:
        other.submit(shop.file.write_bytes, content)
        assert load_features(shop.features, shop.views["users"], shop.file) == 2
    assert shop.stored("users", "8") == {"orders": 1, "money spent": 2.0, "vip": False}


def test_loading_replaces_an_entity_whole_and_leaves_the_others(shop: Shop) -> None:
    shop.load("users", "user_id,orders,spent,vip\n7,3,1,true\n8,1,2,true\n")
    assert shop.load("users", "user_id,orders,spent\n8,5,\n8,5,\n") == 1
    assert shop.stored("users", "7") == {"orders": 3, "money spent": 1.0, "vip": True}
    assert shop.stored("users", "8") == {"orders": 5, "money spent": None, "vip": False}


WRONG = {
    "missing": (
        "user_id,vip\n7,true\n",
        "lacks orders, money spent.\n  file:  user_id, vip\n  users: user_id, ord",
    ),
    "twice": ("user_id,orders,spent,money spent\n7,1,2,3\n", "has two columns for money spent"),
    "empty": ("user_id,orders,spent\n\n", "has no lines below its header"),
    "nothing": ("", "lacks orders, money spent, user_id."),
    "whole number": ("user_id,orders,spent\n7,many,2\n", "line 2: orders is 'many': Input should be a valid integer"),
    "bound": ("user_id,orders,spent\n7,1,2\n0,1,2\n", "line 3: user_id is '0': Input should be greater than or equal"),
    "infinite": ("user_id,orders,spent\n7,1,inf\n", "line 2: money spent is 'inf': Input should be a finite number"),
    "no value": ("user_id,orders,spent\n7,,2\n", "line 2: orders is '': Input should be a valid integer"),
    "narrow": ("user_id,orders,spent\n7,1\n", "line 2: it has 2 cells and there are 3 columns"),
    "quote": ('user_id,orders,spent\n7,1,2\n8,1,"2\n', "line 3, is not CSV: unexpected end of data"),
    "latin": (b"user_id,orders,spent,name\n7,1,2,Zo\xeb\n", "line 2, is not UTF-8"),
    "half": (gzip.compress(b"user_id,orders,spent\n7,1,2\n")[:-9], "is damaged"),
    "again": (
        "user_id,orders,spent\n7,1,2\n8,1,2\n7,1,3\n",
        "line 4: the user_id of line 2 again, with other features",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_with_a_file_is_said_and_nothing_is_loaded(shop: Shop, case: str) -> None:
    content, sentence = WRONG[case]
    with pytest.raises(FileRefused) as refused:
        shop.load("users", content)
    assert sentence in str(refused.value)
    assert shop.stored("users", "7") is None


def test_lines_are_numbered_as_an_editor_does(shop: Shop) -> None:
    content = '\nuser_id,orders,spent,note\n\n7,1,2,"two\nlines"\n8,-1,2,\n'
    with pytest.raises(FileRefused, match="line 6: orders is '-1'"):
        shop.load("users", content)


def test_the_first_five_bad_lines_of_any_number_are_listed(shop: Shop) -> None:
    lines = [f"{place},{-1 if place % 500 == 0 else 1},2" for place in range(1, 4_001)]
    with pytest.raises(FileRefused) as refused:
        shop.load("users", "\n".join(["user_id,orders,spent", *lines]))
    said = str(refused.value).splitlines()
    assert said[0].endswith("is loaded, as 8 of its lines are wrong:")
    assert [line.split(":")[0] for line in said[1:6]] == [
        f"  line {place:,}" for place in (501, 1001, 1501, 2001, 2501)
    ]
    assert said[6:] == ["  … and 3 more"]
    assert shop.stored("users", "1") is None


def test_a_file_that_is_not_there_is_one_sentence(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match=r"users\.csv can't be read: No such file or directory\."):
        load_features(shop.features, shop.views["users"], tmp_path / "users.csv")
