"""An environment file as a validated, frozen object; the only reader of files and variables.

`load(name)` finds `environments/<name>.toml` (or takes a path), checks every key, and resolves each `*_env`
key to the value of the variable it names. Raises ConfigError, which names file, key and remedy.
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from harness import kinds
from harness.kinds import HEADER_VALUE, LONGEST_WAIT_S, in_the_clear, origin
from harness.phases import FOLDERS, USUAL
from harness.postdeploy.moment import Deploy, deploy
from harness.predeploy.switches import settled
from harness.sections import File
from runbook.errors import ConfigError
from runbook.loader import Phase
from runbook.tomlfile import Section, read

FOLDER = Path(__file__).parent.parent / "environments"
KNOWN_ISSUES = FOLDER / "known_issues.toml"

_TOKENS = frozenset(
    [
        "predeploy.revenuecat.key_env",
        "web.revenuecat.key_env",
        "postdeploy.sentry.token_env",
        "postdeploy.posthog.key_env",
    ]
)


@dataclass(frozen=True)
class Environment:
    """Where a run goes: the file's sections, its name, the phases of the release, and the variables' values.

    `deploy`: since when the release is out.
    """

    name: str
    path: Path
    file: File
    variables: Mapping[str, str] = field(repr=False)
    phases: tuple[Phase, ...] = (USUAL,)
    deploy: Deploy | None = None

    @property
    def deployed(self) -> bool:
        """Whether the release is out: before that, a target elsewhere is another release's."""
        return self.phases != ("predeploy",)

    @property
    def secrets(self) -> dict[str, str]:
        """The variables whose values may appear in no output: all but user names."""
        accounts = self.file.accounts
        public = {accounts.username_env, accounts.entitled_username_env}
        return {name: value for name, value in self.variables.items() if name not in public}

    def value(self, variable: str | None) -> str | None:
        """The value of a variable that the file names; None where the file names none."""
        return None if variable is None else self.variables[variable]


def impatient(environment: Environment, seconds: float) -> Environment:
    """The same, waiting at most that long for the target to become ready."""
    within_s = min(seconds, environment.file.target.ready_within_s)
    return replace(environment, file=_with(environment.file, "target", ready_within_s=within_s))


def available() -> dict[str, Path]:
    """The environments that --env can name."""
    return {path.stem: path for path in sorted(FOLDER.glob("*.toml")) if path != KNOWN_ISSUES}


def title(path: Path) -> str:
    """What an environment file says of itself: its first comment line."""
    return path.read_text("utf-8").partition("\n")[0].lstrip("# ")


def load(
    name: str,
    base_url: str | None = None,
    variables: Mapping[str, str] = os.environ,
    *,
    wait_s: float | None = None,
    version: str | None = None,
    switches: str | None = None,
    phases: tuple[Phase, ...] = (USUAL,),
    deployed_at: str | None = None,
    begun: datetime | None = None,
) -> Environment:
    """The environment called `name`, or in the file `name`.

    `base_url`, `wait_s`, `version` and `switches` replace target.base_url, target.ready_within_s, expect.version and
    predeploy.switches. `phases`: those whose variables have to be set. `deployed_at`: replaces postdeploy.since, which
    is else `begun`.
    """
    path = Path(name) if name.endswith(".toml") or os.sep in name else available().get(name)
    if path is None:
        raise ConfigError(
            f"--env={name}", "no such environment", f"use one of {', '.join(available())}, or a path"
        )
    file = settled(read(path, File), switches, needed="predeploy" in phases)
    if (key := kinds.with_nul(file.model_dump())) is not None:
        raise ConfigError(f"{path}: {key}", "holds a NUL character", "remove it")
    if base_url is not None:
        try:
            file = _with(file, "target", base_url=origin(base_url), start=None)
        except ValueError as error:
            problem, _, remedy = str(error).partition("; ")
            raise ConfigError("--base-url", problem, remedy) from None
    if wait_s is not None:
        if not 0 < wait_s <= LONGEST_WAIT_S:  # nan is neither
            raise ConfigError("--wait", f"{wait_s:g} is out of range", f"choose up to {LONGEST_WAIT_S} s")
        file = _with(file, "target", ready_within_s=wait_s)
    if version is not None:
        try:
            kinds.version(version)
        except ValueError:
            raise ConfigError(
                "--expect-version", "names no version", "write --expect-version=1.4.2"
            ) from None
        file = _with(file, "expect", version=version)
    where = "--base-url" if base_url is not None else f"{path}: target.base_url"
    _check_in_the_clear(file, path, where)
    if file.target.ca_file and not Path(file.target.ca_file).is_file():
        raise ConfigError(f"{path}: target.ca_file", "no such file", "name a PEM file, or remove the key")
    moment = deploy(deployed_at, file.postdeploy.since, begun or datetime.now(UTC))
    named = _named_variables(path, file, variables, phases)
    return Environment(path.stem, path, file, named, phases, moment)


def _with(file: File, section: str, **values: object) -> File:
    changed = getattr(file, section).model_copy(update=values)
    return file.model_copy(update={section: changed})


def _check_in_the_clear(file: File, path: Path, where: str) -> None:
    """Raises ConfigError for an origin to which secrets would go in the clear, beyond this machine."""
    if not file.target.allow_http:
        named = ((where, file.target.base_url), (f"{path}: revenuecat.stand_in", file.revenuecat.stand_in))
        clear = [(place, address) for place, address in named if address and in_the_clear(address)]
        clear += [(f"{path}: {key}", address) for key, address in file.postdeploy.in_the_clear()]
        for place, address in clear:
            problem = f"{address} would get secrets in the clear"
            raise ConfigError(place, problem, "write https://, or set target.allow_http = true")


def step_summary(variables: Mapping[str, str] = os.environ) -> Path | None:
    """The file to which a CI runner lets a step add what it shows with the build; None without such a runner."""
    named = variables.get("GITHUB_STEP_SUMMARY")
    return Path(named) if named else None


def process_variables() -> Mapping[str, str]:
    """The variables of this process, for who looks for what no environment file names."""
    return os.environ


def _named_variables(
    path: Path, file: File, variables: Mapping[str, str], phases: tuple[Phase, ...]
) -> dict[str, str]:
    generated = file.target.start.generate if file.target.start else ()
    values = {name: variables.get(name) or secrets.token_hex(32) for name in generated}
    unset: dict[str, str] = {}  # variable by key
    for key, name in _variable_keys(file):
        if FOLDERS.get(key.partition(".")[0], USUAL) not in phases:
            continue
        value = values.get(name) or variables.get(name)
        if value:
            _check_value(value, f"{path}: {key}", name, in_a_header=_goes_into_a_header(file, key))
            values[name] = value
        else:
            unset[key] = name
    if unset:
        keys, names = ", ".join(unset), ", ".join(dict.fromkeys(unset.values()))
        if len(unset) == 1:
            raise ConfigError(
                f"{path}: {keys}", f"the variable {names} is not set", "export it, or remove the key"
            )
        raise ConfigError(
            f"{path}: {keys}", f"these variables are not set: {names}", "export them, or remove the keys"
        )
    return values


def _goes_into_a_header(file: File, key: str) -> bool:
    """Whether the value of a variable is sent in a header as it is."""
    return key in _TOKENS or (key == "webhook.secret_env" and file.webhook.strategy == "static")


def _check_value(value: str, where: str, name: str, *, in_a_header: bool) -> None:
    """Raises ConfigError, which does not show the value, for one that cannot be sent."""
    if value.encode("utf-8", "replace").decode() != value:
        raise ConfigError(where, f"the value of {name} is not UTF-8", "export it as UTF-8")
    if in_a_header and HEADER_VALUE.fullmatch(value) is None:
        raise ConfigError(
            where, f"the value of {name} cannot be sent in a header", "export one line of plain ASCII"
        )


def _variable_keys(section: Section, prefix: str = "") -> list[tuple[str, str]]:
    found = []
    for name, value in section:
        if isinstance(value, Section):
            found += _variable_keys(value, f"{prefix}{name}.")
        elif name.endswith("_env") and value:
            found.append((prefix + name, value))
    return found
