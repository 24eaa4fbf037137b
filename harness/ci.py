"""What a CI runner says of the build that this run is part of."""

import re
from collections.abc import Mapping

_ADDRESS = re.compile(r"https?://[^\s<>|\"'@]{1,1000}")
_OF_A_RUNNER = (
    "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}",
    "{CI_JOB_URL}",  # GitLab
    "{BUILD_URL}",  # Jenkins
)


def build_url(variables: Mapping[str, str]) -> str | None:
    """Where GitHub, GitLab or Jenkins shows the build; None elsewhere, and for what is no plain http(s) address."""
    for pattern in _OF_A_RUNNER:
        try:
            address = pattern.format_map(variables)
        except KeyError:
            continue
        if _ADDRESS.fullmatch(address):
            return address
    return None
