"""Hands the harness to pytest."""

pytest_plugins = (
    "harness.plugin",
    "harness.fixtures",
    "harness.web.fixtures",
    "harness.predeploy.fixtures",
    "harness.postdeploy.fixtures",
)
