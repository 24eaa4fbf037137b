"""The files beside the results: environment.properties, executor.json and categories.json."""

from collections.abc import Mapping
from typing import Any

from harness.verdict import Verdict
from harness.verdict.report.inert import one_line

# How the messages of results begin; the categories go by it.
NOT_PROVEN, KNOWN, UNREACHABLE = "not proven: ", "known issue ", "environment unreachable: "

# Allure 2 puts a result into each that matches, Allure 3 into the first. The patterns mean the same in Java, where
# they have to match the whole message, and in JavaScript.
_UNMARKED = f"^(?!{KNOWN}|{UNREACHABLE})[\\s\\S]*$"
CATEGORIES = [
    {
        "name": "Known issue",
        "matchedStatuses": ["failed", "broken"],
        "messageRegex": f"^{KNOWN}[\\s\\S]*$",
    },
    {
        "name": "Environment unreachable",
        "matchedStatuses": ["broken"],
        "messageRegex": f"^{UNREACHABLE}[\\s\\S]*$",
    },
    {"name": "Broken promise", "matchedStatuses": ["failed"], "messageRegex": _UNMARKED},
    {"name": "Suite error", "matchedStatuses": ["broken"], "messageRegex": _UNMARKED},
    {
        "name": "Not proven",
        "matchedStatuses": ["skipped", "unknown"],
        "messageRegex": f"^{NOT_PROVEN}[\\s\\S]*$",
    },
]

# What the three runners set, and `executor` reads.
VARIABLES = (
    *("GITHUB_ACTIONS", "GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_WORKFLOW"),
    *("GITHUB_RUN_ID", "GITHUB_RUN_NUMBER", "GITHUB_RUN_ATTEMPT"),
    *("GITLAB_CI", "CI_SERVER_URL", "CI_PIPELINE_IID", "CI_PIPELINE_URL", "CI_JOB_NAME", "CI_JOB_URL"),
    *("JENKINS_URL", "JOB_NAME", "BUILD_NUMBER", "BUILD_URL"),
)


def environment_properties(verdict: Verdict) -> str:
    """What was run against what, and what came of it, as a Java properties file; the verdict is a scrubbed one."""
    facts = {
        "environment": verdict.environment,
        "address": verdict.base_url,
        "version": verdict.version or "unknown",
        "verdict": f"{verdict.decision}: {verdict.summary}",
        "started": verdict.started.isoformat(timespec="seconds"),
    }
    return "".join(f"{key}={_escaped(one_line(value))}\n" for key, value in facts.items())


def executor(variables: Mapping[str, str], environment: str) -> dict[str, Any] | None:
    """The build that the run belongs to, from what its CI runner says of it; None without a runner that is known."""
    if "GITHUB_ACTIONS" in variables:
        said = _github(variables)
    elif "GITLAB_CI" in variables:
        said = _gitlab(variables)
    elif "JENKINS_URL" in variables:
        said = _jenkins(variables)
    else:
        return None
    # Allure keys its history by this name: it may not change from run to run.
    named = {**said, "reportName": f"Release checklist, {environment}"}
    return {key: value for key, value in named.items() if value not in (None, "")}


def _github(said: Mapping[str, str]) -> dict[str, Any]:
    repository = f"{said.get('GITHUB_SERVER_URL', '')}/{said.get('GITHUB_REPOSITORY', '')}"
    run, number = said.get("GITHUB_RUN_ID"), said.get("GITHUB_RUN_NUMBER")
    attempt = f"/attempts/{said['GITHUB_RUN_ATTEMPT']}" if "GITHUB_RUN_ATTEMPT" in said else ""
    return {
        "name": "GitHub Actions",
        "type": "github",
        "url": repository,
        "buildName": _build(said.get("GITHUB_WORKFLOW"), number),
        "buildOrder": _order(number),
        "buildUrl": f"{repository}/actions/runs/{run}{attempt}" if run else None,
    }


def _gitlab(said: Mapping[str, str]) -> dict[str, Any]:
    number = said.get("CI_PIPELINE_IID")
    return {
        "name": "GitLab CI",
        "type": "gitlab",
        "url": said.get("CI_SERVER_URL"),
        "buildName": _build(said.get("CI_JOB_NAME"), number),
        "buildOrder": _order(number),
        "buildUrl": said.get("CI_JOB_URL") or said.get("CI_PIPELINE_URL"),
    }


def _jenkins(said: Mapping[str, str]) -> dict[str, Any]:
    number = said.get("BUILD_NUMBER")
    return {
        "name": "Jenkins",
        "type": "jenkins",
        "url": said["JENKINS_URL"],
        "buildName": _build(said.get("JOB_NAME"), number),
        "buildOrder": _order(number),
        "buildUrl": said.get("BUILD_URL"),
    }


def _build(name: str | None, number: str | None) -> str:
    return " ".join(part for part in (name, f"#{number}" if number else "") if part)


def _order(number: str | None) -> int | None:
    return int(number) if number and number.isascii() and number.isdigit() else None


def _escaped(line: str) -> str:
    """A line as a value: ASCII, for those who read such a file as Latin-1."""
    units = line.replace("\\", "\\\\").encode("utf-16-be", "replace")
    pairs = (int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2))
    return "".join(chr(unit) if 32 <= unit < 127 else f"\\u{unit:04x}" for unit in pairs)
