"""cli form, and what is served at /: files, headers, and the words where something is missing."""

import json
import shutil
from pathlib import Path

import httpx
import pytest

from commands.webform.building import DIST, is_built
from commands.webform.writing import write_form
from serving.errors import ServingError
from serving.project import Project
from tests.making import write_project
from tests.running import ROOT, cli

API = "https://abc123.execute-api.eu-central-1.amazonaws.com"


def test_without_an_address_it_builds_what_serve_serves() -> None:
    assert cli("form").stdout.strip() == str(DIST)
    assert is_built()


def test_for_a_static_host_it_writes_the_address_the_service_and_the_policy(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    shown = cli("form", "--api", f"{API}/", "--project", str(ROOT / "examples/cuisine"), "--out", str(folder))
    assert shown.stdout.strip() == str(folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert config["api"] == API
    assert config["service"]["title"] == "Cuisines of recipes"
    assert config["service"]["schema"]["properties"]["ingredients"]["type"] == "array"
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert f"connect-src 'self' {API};" in page
    assert "unsafe" not in page
    assert {path.suffix for path in (folder / "assets").iterdir()} == {".js", ".css"}
    assert API not in "".join(path.read_text(encoding="utf-8") for path in (folder / "assets").iterdir())


def test_a_form_takes_the_place_of_a_form_and_of_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    for address in (API, "http://127.0.0.1:8000"):
        write_form(DIST, folder, address, {})
        assert json.loads((folder / "config.json").read_text())["api"] == address
    assert sorted(path.name for path in tmp_path.iterdir()) == ["site"]


@pytest.mark.parametrize("config", [None, "{}", '{"architectures": ["Bert"]}', '{"api": 1}', "[]", "not JSON"])
def test_a_folder_of_somebody_elses_is_not_touched(tmp_path: Path, config: str | None) -> None:
    other = tmp_path / "mine"
    (other / "weights").mkdir(parents=True)
    (other / "weights" / "model.bin").write_text("years of work")
    if config is not None:
        (other / "config.json").write_text(config)
    before = {path: path.read_bytes() for path in other.rglob("*") if path.is_file()}
    with pytest.raises(ServingError, match="holds something else"):
        write_form(DIST, other, API, {})
    assert {path: path.read_bytes() for path in other.rglob("*") if path.is_file()} == before


def test_what_stands_beside_a_form_stays_there(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    write_form(DIST, folder, API, {})
    (folder / "CNAME").write_text("iris.example.org")
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/pages")
    (folder / "assets" / "old.js").touch()
    write_form(DIST, folder, API, {})
    assert (folder / "CNAME").read_text() == "iris.example.org"
    assert (folder / ".git" / "HEAD").exists()
    assert not (folder / "assets" / "old.js").exists()


def test_form_yml_may_hold_what_yaml_makes_of_dates_and_numbers(tmp_path: Path) -> None:
    schema = "day: date = Field(examples=['2026-01-31'])\nx: float = Field(examples=[1])"
    folder = write_project(tmp_path / "project", schema)
    text = "home: [{title: 1970, content: 2026-01-31}]\nfields: {day: {value: 2026-01-31}, x: {help: .nan}}\n"
    (folder / "form.yml").write_text(text, encoding="utf-8")
    cli("form", "--api", API, "--project", str(folder), "--out", str(tmp_path / "site"))
    form = json.loads((tmp_path / "site" / "config.json").read_text(encoding="utf-8"))["service"]["form"]
    assert form["home"] == [{"title": "1970", "content": "2026-01-31"}]
    assert form["fields"] == {"day": {"value": "2026-01-31"}, "x": {"help": None}}
    assert form == json.loads(json.dumps(Project.load(folder).form.to_dict())), "and so /api/info has it"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--api", "my-api"], "no address of an API"),
        (["--api", API, "--stage", "dev"], "Give --stage or --api"),
        (["--out", "site"], "--out needs --stage or --api"),
    ],
)
def test_what_can_not_be_is_one_sentence(arguments: list[str], said: str) -> None:
    refused = cli("form", *arguments, check=False)
    assert refused.returncode == 1
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr


def test_the_page_is_served_with_its_headers_and_the_api_keeps_its_addresses(api: httpx.Client) -> None:
    page = api.get("/")
    assert page.status_code == 200
    assert "default-src 'none'; script-src 'self'" in page.text
    assert page.headers["Content-Security-Policy"] == "frame-ancestors 'none'"
    assert page.headers["Cache-Control"] == "no-cache"
    script = page.text.split('src="./')[1].split('"')[0]
    assert "immutable" in api.get(f"/{script}").headers["Cache-Control"]
    assert api.get("/config.json").json()["api"] == ""
    assert api.get("/assets/../../pyproject.toml").status_code == 404
    assert api.get("/nothing").json() == {"detail": "Not Found"}
    assert api.put("/api/predict").status_code == 405


def test_fields_that_form_yml_puts_first_must_be_there(tmp_path: Path) -> None:
    folder = write_project(tmp_path / "project", "x: float = Field(examples=[1])\ny: float = Field(examples=[1])")
    shutil.copy(ROOT / "service.toml", folder)
    (folder / "form.yml").write_text("order: [y, z]\n", encoding="utf-8")
    refused = cli("form", "--api", API, "--project", str(folder), "--out", str(tmp_path / "site"), check=False)
    assert "form.yml: order names z, and the fields are x, y." in refused.stderr
