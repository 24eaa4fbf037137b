"""The options of a staged rollout: which build is asked, and what players get meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from harness import environment
from harness.errors import ConfigError
from harness.target.canary import Canary, canary
from harness.target.webhooks import HEADERS

MOST = 1000  # samples


@dataclass(frozen=True)
class Rollout:
    """`canary`: what every request to the target carries; `public`: where players are, if that is not asked.

    `samples`: how often health is asked as a player asks it, to tell the versions that answer.
    """

    canary: Canary | None = None
    public: str | None = None
    samples: int = 0

    @property
    def is_partial(self) -> bool:
        """Whether players get another build than the one that is checked."""
        return self.canary is not None or self.public is not None

    def notes(self, asked: str | None) -> list[str]:
        """What of it a reader of the verdict has to know; `asked`: the address that is checked."""
        said = []
        if self.canary is not None:
            said.append(
                f"every request to the target carried the header {self.canary}: this is about that build"
            )
        if self.public is not None:
            said.append(f"the build at {asked} was checked, and not {self.public}, where players are")
        return said

    def mix(self, seen: Mapping[str, int]) -> str:
        """The versions that answered a player, in words. `seen`: the number of answers by version."""
        total = sum(seen.values())
        ordered = sorted(seen.items(), key=lambda each: (-each[1], each[0]))
        shares = (f"{number} from {version} ({100 * number / total:.0f} %)" for version, number in ordered)
        return f"of {total} answers of health, asked as a player asks: {', '.join(shares)}"


def rollout(config: pytest.Config, chosen: environment.Environment) -> Rollout:
    """What the options say; raises ConfigError."""
    header, samples = config.getoption("canary_header"), config.getoption("samples")
    if samples is not None and not 1 <= samples <= MOST:
        raise ConfigError("--samples", f"{samples} is out of range", f"choose 1 to {MOST}")
    webhook = chosen.file.webhook
    taken = [webhook.header or HEADERS[webhook.strategy]]
    found = canary(header, environment.process_variables(), taken) if header is not None else None
    return Rollout(found, _public(config), samples or 0)


def base_url(config: pytest.Config) -> str | None:
    """The origin that replaces the environment's; raises ConfigError where there are two."""
    given, canary_s = config.getoption("base_url"), config.getoption("canary_base_url")
    if given is not None and canary_s is not None:
        raise ConfigError("--canary-base-url", "is given beside --base-url", "leave out one of them")
    _public(config)
    chosen: str | None = canary_s if canary_s is not None else given
    return chosen


def _public(config: pytest.Config) -> str | None:
    """Where players are while a canary's address is checked; raises ConfigError where the environment names none."""
    if config.getoption("canary_base_url") is None:
        return None
    chosen = environment.load(config.getoption("env"), phases=())
    if chosen.file.target.base_url is None:
        raise ConfigError("--canary-base-url", f"{chosen.name} has no address of its own", "use --base-url")
    return chosen.file.target.base_url
