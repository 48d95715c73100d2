"""A folder as others have it already: a schema, a form in the older format, a pickle; served without an edit."""

from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Page, expect
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder

from tests.making import pickled
from tests.running import cli, running_service
from tests.webform.steps import answered, ask, fill, go

VALIDATION = """from pydantic import BaseModel


class PredictionData(BaseModel):
    neighbourhood: str
    room_type: str
    minimum_nights: int
    mois: int
    voyageurs: int
    chambres: int
    lits: int
    salle_de_bains: float
"""
FORM = """title: Prix d'une nuit
units: €
home:
  - title: Combien coûte une nuit ?
    subtitle: Un modèle des annonces de la ville
    content: Décrivez le logement.
schema:
  fields:
    - name: neighbourhood
      title: Quartier
      value: Bastille
    - name: room_type
      title: Type de logement
      value: Entire home/apt
    - {name: minimum_nights, title: Nuits minimum, value: 2}
    - {name: mois, title: Mois, value: 7}
    - {name: voyageurs, title: Voyageurs, value: 4}
"""
RECORD = {
    "neighbourhood": "Marais",
    "room_type": "Private room",
    "minimum_nights": 3,
    "mois": 5,
    "voyageurs": 2,
    "chambres": 1,
    "lits": 1,
    "salle_de_bains": 1.5,
}


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    rows = [
        {**RECORD, "neighbourhood": place, "room_type": kind, "voyageurs": guests, "mois": 1 + guests}
        for place in ("Marais", "Bastille", "Montmartre")
        for kind in ("Private room", "Entire home/apt")
        for guests in range(1, 9)
    ]
    frame = pd.DataFrame(rows)
    price = 40 * frame["voyageurs"] + 30.0 * (frame["room_type"] == "Entire home/apt")
    encoded = make_column_transformer(
        (OneHotEncoder(), ["neighbourhood", "room_type"]), remainder="passthrough", verbose_feature_names_out=False
    )
    return make_pipeline(encoded, RandomForestRegressor(20, random_state=0)).fit(frame, price)


@pytest.fixture
def project(tmp_path: Path, pipeline: Pipeline) -> Path:
    folder = tmp_path / "logement"
    folder.mkdir()
    (folder / "validation.py").write_text(VALIDATION, encoding="utf-8")
    (folder / "form.yml").write_text(FORM, encoding="utf-8")
    pickled(folder / "model.pkl", pipeline)
    return folder


def test_it_serves_predicts_and_shows_its_form(project: Path, tmp_path: Path, pipeline: Pipeline, page: Page) -> None:
    with running_service(tmp_path / "state", project=project, model=project / "model.pkl") as service:
        go(page, f"{service.url}/")
        expect(page.get_by_role("heading", level=1)).to_have_text("Combien coûte une nuit ?")
        expect(page.get_by_text("Décrivez le logement.")).to_be_visible()
        go(page, f"{service.url}/", "predict")
        expect(page.get_by_label("Quartier")).to_have_value("Bastille")
        fill(page, {"Quartier": "Marais", "Type de logement": "Private room", "Nuits minimum": 3, "Mois": 5})
        fill(page, {"Voyageurs": 2, "Chambres": 1, "Lits": 1, "Salle De Bains": 1.5})
        ask(page)
        shown = answered(page)
        with service.client() as api:
            answer = api.post("/api/predict", json=RECORD, headers={"Prefer": "wait=20"}).raise_for_status().json()
            info = api.get("/api/info").raise_for_status().json()
            example = api.post("/api/predict", json=info["example"], headers={"Prefer": "wait=20"}).json()
        assert shown.endswith(" €")
        assert float(shown.split()[0]) == pytest.approx(answer["result"]["prediction"], rel=1e-4)
        assert answer["result"] == {"prediction": pytest.approx(float(pipeline.predict(pd.DataFrame([RECORD]))[0]))}
        assert example["status"] == "succeeded", "made of the form's values, so that the model knows the choices"
        assert (info["title"], info["units"]) == ("Prix d'une nuit", "€")
        assert info["form"]["home"][0]["title"] == "Combien coûte une nuit ?"
        assert info["form"]["fields"]["room_type"] == {
            "name": "room_type",
            "title": "Type de logement",
            "value": "Entire home/apt",
        }
        assert info["example"]["neighbourhood"] == "Bastille"


def test_its_check_warns_of_what_a_choice_would_tell_sooner_and_passes(project: Path) -> None:
    checked = cli("check", "--project", str(project), "--model", str(project / "model.pkl"))
    assert "neighbourhood takes any text, and the model knows only" in checked.stdout
    assert "Literal[...]" in checked.stdout


def test_without_values_in_the_form_it_serves_what_no_made_up_example_can_show(project: Path, tmp_path: Path) -> None:
    (project / "form.yml").unlink()
    with running_service(tmp_path / "state", project=project, model=project / "model.pkl") as service:
        assert "Put a real record into" in service.log
        with service.client() as api:
            answer = api.post("/api/predict", json=RECORD, headers={"Prefer": "wait=20"}).raise_for_status().json()
        assert answer["status"] == "succeeded"
