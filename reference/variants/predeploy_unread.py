"""Variants in which a source of predeploy is there and cannot be read: that says nothing of the release."""

from reference.app import Parts
from reference.choices import variant
from reference.release import Release


@variant(
    "predeploy-project-of-another-key",
    environment={"predeploy": {"revenuecat": {"key_env": "POSTHOG_API_KEY"}}},
    expected="INCONCLUSIVE",
)
def project_of_another_key(parts: Parts) -> None:
    """The environment names a key that RevenueCat refuses."""


@variant("predeploy-variables-unreadable", expected="INCONCLUSIVE")
def variables_unreadable(release: Release) -> None:
    """What the secret store prints is no list of variables."""
    release.lines.append("Error: you are not signed in")


@variant("predeploy-variable-twice", expected="INCONCLUSIVE")
def variable_twice(release: Release) -> None:
    """A variable is there twice, with two values."""
    release.lines.append("SERVER_DEV_MODE=true")
