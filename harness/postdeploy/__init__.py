"""After the deploy: what Sentry, PostHog and the log say of the release while it is rolled out."""
