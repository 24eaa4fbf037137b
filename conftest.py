"""Hands the harness to pytest."""

pytest_plugins = ("harness.plugin", "harness.fixtures")
