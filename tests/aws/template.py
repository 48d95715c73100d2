"""Packages serverless.yml with osls, as `cli deploy` does: the template that CloudFormation would be given."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commands.aws.osls import install as install_osls
from commands.deployment import Deployment
from commands.packaging.environment import deployment_document
from tests.running import ROOT, run

BUCKET = "the-models"
SCHEMA_HASH, LIBRARIES = "0123456789abcdef", "numpy==2.4.1 scikit-learn==1.9.1"
ZIPS = {"api": Path("build/api.zip"), "worker": Path("build/worker.zip")}


@dataclass(frozen=True, kw_only=True)
class Template:
    """A CloudFormation template, and what it was made for."""

    path: Path
    deployment: Deployment
    document: Mapping[str, Any]

    @property
    def resources(self) -> Mapping[str, Any]:
        resources: Mapping[str, Any] = self.document["Resources"]
        return resources

    def of(self, kind: str) -> dict[str, Any]:
        """The properties of each resource of a type, such as AWS::SQS::Queue, by name."""
        return {name: found["Properties"] for name, found in self.resources.items() if found["Type"] == kind}

    def __getitem__(self, name: str) -> Any:
        """The properties of one resource."""
        return self.resources[name]["Properties"]

    def statements(self, role: str) -> dict[str, Any]:
        """A role's statements, by their Sid."""
        (policy,) = self[role]["Policies"]
        return {statement["Sid"]: statement for statement in policy["PolicyDocument"]["Statement"]}


def packaged(folder: Path, **settings: Any) -> Template:
    """The template for a deployment with these settings, written below `folder`; the zips are empty."""
    deployment = Deployment.read({}, backend="aws", bucket=BUCKET, aws_region="eu-central-1", **settings)
    shutil.copytree(ROOT / "resources", folder / "resources")
    shutil.copy(ROOT / "serverless.yml", folder)
    (folder / "build").mkdir()
    for path in ZIPS.values():
        (folder / path).write_bytes(b"")
    document = deployment_document(deployment, **ZIPS, schema_hash=SCHEMA_HASH, libraries=LIBRARIES)
    (folder / "build" / "deployment.json").write_text(json.dumps(document), encoding="utf-8")
    tools = install_osls()
    command = [*tools.node, str(ROOT / "node_modules/osls/bin/serverless.js"), "package", "--package", "out"]
    run(*command, cwd=folder)
    path = folder / "out" / "cloudformation-template-update-stack.json"
    return Template(path=path, deployment=deployment, document=json.loads(path.read_text(encoding="utf-8")))
