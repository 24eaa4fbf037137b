"""Hands the harness to pytest; this folder is a root of its own, beside the release checklist."""

pytest_plugins = ("harness.plugin", "harness.fixtures")
