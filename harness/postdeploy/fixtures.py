"""The objects of probes that look at a release while it is rolled out; see harness/fixtures.py."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from harness.errors import Unprovable
from harness.evidence.probe import resource
from harness.postdeploy.events import of_release
from harness.postdeploy.funnel import ExportedFunnel, Funnel
from harness.postdeploy.moment import Deploy
from harness.postdeploy.posthog import PostHog
from harness.postdeploy.sentry import Sentry
from harness.postdeploy.settings import located
from harness.run import Run
from harness.verdict.signals import Signal
from runbook.signals import Signals, load_signals


@resource()
def deploy(run: Run) -> Deploy:
    """Since when the release is out."""
    return run.deploy


@resource()
def healthy() -> Signals:
    """What is healthy: runbook/signals.toml."""
    return load_signals()


@resource()
def settles(run: Run, healthy: Signals) -> timedelta:
    """How long it takes until a service shows what happened."""
    own = run.environment.file.postdeploy.settles_m
    return timedelta(minutes=healthy.window.settles_m if own is None else own)


@resource()
def measured(run: Run) -> Callable[[Signal], None]:
    """Takes a signal for the report."""
    return run.signals.append


@resource()
def sentry(run: Run) -> Sentry:
    """The issues of this release."""
    settings = run.environment.file.postdeploy.sentry
    if settings is None:
        raise Unprovable("nothing is said of Sentry", "add [postdeploy.sentry]")
    token = run.environment.value(settings.token_env)
    assert token is not None, "a variable that a file names is set"
    version = run.environment.file.expect.version or run.site.version
    return Sentry(run.transport, _origin(run, settings.origin), settings, token, version)


@resource()
def both_builds(run: Run) -> str | None:
    """What a reader of the funnel has to know where players get two builds and their events do not tell which."""
    if not run.rollout.is_partial or run.environment.file.postdeploy.release_property is not None:
        return None
    return (
        "THE FUNNEL COUNTS BOTH BUILDS: that of most players hides what is wrong with the canary's; set "
        "release_property of postdeploy.posthog or postdeploy.export"
    )


@resource()
def funnel(run: Run, deploy: Deploy, healthy: Signals, settles: timedelta) -> Funnel | ExportedFunnel:
    """Events of players since the deploy: from PostHog, or an export."""
    file = run.environment.file.postdeploy
    if file.export is None and file.posthog is None:
        raise Unprovable("nothing counts the events", "add [postdeploy.posthog] or [postdeploy.export]")
    only = of_release(file.release_property, run.environment.file.expect.version or run.site.version)
    if file.export is not None:
        return ExportedFunnel(Path(file.export.path), healthy, deploy.at, only)
    assert file.posthog is not None, "one of both counts"
    key = run.environment.value(file.posthog.key_env)
    assert key is not None, "a variable that a file names is set"
    origin = _origin(run, file.posthog.origin)
    return Funnel(PostHog(run.transport, origin, file.posthog, key), healthy, deploy, settles, only)


def _origin(run: Run, named: str) -> str:
    origin = located(named, run.site.stand_in)
    if origin is None:
        if run.may_have_stand_in:
            return named  # it is not known yet, and nothing is asked before it is
        raise Unprovable("there is no stand-in", "set revenuecat.stand_in, or the service's own origin")
    return origin
