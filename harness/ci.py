"""What a CI runner says of the build that this run is part of."""

import re
from collections.abc import Mapping
from typing import Any

_ADDRESS = re.compile(r"https?://[^\s<>|\"'@]{1,1000}")


def build(variables: Mapping[str, str]) -> dict[str, Any] | None:
    """The build on GitHub, GitLab or Jenkins, as far as the runner tells of it; None without one of them.

    `name`, `type` and `url` of the runner, `buildName`, `buildOrder` and `buildUrl`, as in Allure's executor.json.
    """
    if "GITHUB_ACTIONS" in variables:
        said = _github(variables)
    elif "GITLAB_CI" in variables:
        said = _gitlab(variables)
    elif "JENKINS_URL" in variables:
        said = _jenkins(variables)
    else:
        return None
    return {key: value for key, value in said.items() if value not in (None, "")}


def build_url(variables: Mapping[str, str]) -> str | None:
    """Where the runner shows the build; None elsewhere, and for what is no plain http(s) address."""
    address = (build(variables) or {}).get("buildUrl", "")
    return address if _ADDRESS.fullmatch(address) else None


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
