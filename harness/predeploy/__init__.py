"""Before the deploy: what the release needs, looked at without the release."""
