"""Runs a workflow file as GitHub would: its jobs in the order of their needs, each step's own command in bash."""

import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.workflows.expressions import Expression, filled

StandIn = Callable[["Job", Mapping[str, str]], Mapping[str, str]]
"""In place of an action that is not ours: its inputs -> its outputs."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """A `run:` that was run."""

    step: str
    run: str
    code: int
    output: str


@dataclass(frozen=True, kw_only=True)
class Host:
    """What GitHub knows of the repository, and what every command finds in its environment."""

    workspace: Path
    temp: Path
    environment: Mapping[str, str]
    github: Mapping[str, Any]
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    actions: Mapping[str, StandIn] = field(default_factory=dict)
    ours: Mapping[str, Path] = field(default_factory=dict)  # actions that are steps of our own: `uses` -> folder


@dataclass
class Job:
    """One job on its way."""

    name: str
    host: Host
    needs: Mapping[str, Any]
    environment: dict[str, str]
    permissions: Mapping[str, str] = field(default_factory=dict)
    commands: list[Command] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    used: list[str] = field(default_factory=list)
    failed: bool = False

    def run_steps(
        self, steps: list[dict[str, Any]], *, inputs: Mapping[str, Any], folder: Path | None = None
    ) -> dict[str, dict[str, Any]]:
        """The outputs by step; `folder` is that of the action whose steps these are."""
        found: dict[str, dict[str, Any]] = {}
        for step in steps:
            contexts = self.contexts(inputs, found)

            def evaluate(text: str, contexts: Mapping[str, Any] = contexts) -> Any:
                return Expression(text, contexts, self._functions()).value()

            label = str(step.get("name") or step.get("run") or step["uses"])
            condition = str(step.get("if", "success()")).removeprefix("${{").removesuffix("}}")
            wanted = evaluate(condition)
            if not any(name in condition for name in ("success()", "failure()", "always()")):
                wanted = wanted and not self.failed
            if not wanted:
                self.skipped.append(label)
                continue
            given = {name: filled(value, evaluate) for name, value in step.get("with", {}).items()}
            environment = {name: filled(value, evaluate) for name, value in step.get("env", {}).items()}
            if "uses" in step:
                outputs = self._use(step["uses"], given)
            else:
                outputs = self._run(label, filled(step["run"], evaluate), step.get("shell"), environment, folder)
            found[step.get("id", label)] = {"outputs": outputs}
        return found

    def contexts(self, inputs: Mapping[str, Any], steps: Mapping[str, Any]) -> dict[str, Any]:
        runner = {"temp": str(self.host.temp), "os": "Linux"}
        named = {"github": self.host.github, "vars": self.host.variables, "secrets": self.host.secrets}
        return {
            **named,
            "runner": runner,
            "env": self.environment,
            "inputs": inputs,
            "steps": steps,
            "needs": self.needs,
        }

    def _functions(self) -> dict[str, Callable[[], bool]]:
        return {"success": lambda: not self.failed, "failure": lambda: self.failed, "always": lambda: True}

    def _use(self, action: str, given: Mapping[str, str]) -> Mapping[str, str]:
        name = action.partition("@")[0]
        self.used.append(name)
        if name not in self.host.ours:
            assert name in self.host.actions, f"{action} is not on the list of actions that a workflow may use"
            return self.host.actions[name](self, given)
        folder = self.host.ours[name]
        document = yaml.safe_load((folder / "action.yml").read_text(encoding="utf-8"))
        defaults = {name: about.get("default", "") for name, about in document["inputs"].items()}
        assert set(given) <= set(defaults), f"{action} has no such inputs: {set(given) - set(defaults)}"
        inputs = {**defaults, **given}
        steps = self.run_steps(document["runs"]["steps"], inputs=inputs, folder=folder)
        contexts = self.contexts(inputs, steps)
        return _outputs({name: out["value"] for name, out in document.get("outputs", {}).items()}, contexts)

    def _run(
        self, label: str, run: str, shell: str | None, environment: Mapping[str, str], folder: Path | None
    ) -> Mapping[str, str]:
        files = {name: self.host.temp / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        files["GITHUB_OUTPUT"].write_text("")
        known = {name: str(path) for name, path in files.items()} | {"RUNNER_TEMP": str(self.host.temp)}
        if folder is not None:
            known["GITHUB_ACTION_PATH"] = str(folder)
        github = {f"GITHUB_{name.upper()}": str(value) for name, value in self.host.github.items() if name != "event"}
        options = ["-e", "-o", "pipefail"] if shell == "bash" else ["-e"]
        finished = subprocess.run(
            ["bash", "--noprofile", "--norc", *options, "-c", run],
            cwd=self.host.workspace,
            env={
                **self.host.environment,
                **github,
                "GITHUB_ACTIONS": "true",
                **known,
                **self.environment,
                **environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=900,
        )
        self.commands.append(Command(step=label, run=run, code=finished.returncode, output=finished.stdout))
        self.failed = self.failed or finished.returncode != 0
        lines = files["GITHUB_OUTPUT"].read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines)


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A workflow that has ended."""

    jobs: Mapping[str, Job]
    skipped: list[str]  # jobs

    @property
    def ok(self) -> bool:
        """Whether GitHub would show it green."""
        return not any(job.failed for job in self.jobs.values())

    def commands(self) -> Iterator[Command]:
        for job in self.jobs.values():
            yield from job.commands

    def told(self) -> str:
        """Everything that was printed."""
        return "\n".join(f"$ {c.run}\n{c.output}[{c.code}]" for c in self.commands())


def run_workflow(path: Path, host: Host, *, inputs: Mapping[str, Any] | None = None) -> Ran:
    """Raises AssertionError for an action that is on no list."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    jobs: dict[str, Job] = {}
    skipped: list[str] = []
    done: dict[str, Any] = {}
    for name, about in document["jobs"].items():  # written in the order of their needs
        needed = [about["needs"]] if isinstance(about.get("needs"), str) else about.get("needs", [])
        assert set(needed) <= {*done, *skipped}, f"{name} stands before what it needs"
        needs = {each: done.get(each, {}) for each in needed}
        permissions = about.get("permissions", document.get("permissions", {}))
        job = Job(name=name, host=host, needs=needs, environment={}, permissions=permissions)
        contexts = job.contexts(inputs or {}, {})
        condition = str(about.get("if", "success()"))
        ready = all(each in done and not jobs[each].failed for each in needed)
        if not (ready and Expression(condition, contexts, {"success": lambda: True}).value()):
            skipped.append(name)
            continue
        jobs[name] = job
        steps = job.run_steps(about["steps"], inputs=inputs or {})
        done[name] = {"outputs": _outputs(about.get("outputs", {}), job.contexts(inputs or {}, steps))}
    return Ran(jobs=jobs, skipped=skipped)


def _outputs(written: Mapping[str, str], contexts: Mapping[str, Any]) -> dict[str, str]:
    return {name: filled(text, lambda part: Expression(part, contexts).value()) for name, text in written.items()}
