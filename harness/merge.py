"""Joins the reports of shards, and of regions, into one verdict: `python -m harness.merge reports/shard-*`."""

import argparse
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from harness import environment, phases
from harness.errors import ConfigError
from harness.evidence.secrets import Secrets
from harness.options import replacing_reports
from harness.rules import Rules
from harness.shards import joining
from harness.shards.part import region
from harness.shards.scenes import brought
from harness.shards.share import FILE, Share, read
from harness.telling import Telling
from harness.verdict.own_runbook import ticked_report

WRONG = 4  # the exit code, as pytest's for usage


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(WRONG, f"ERROR: {message}\n")


def main(arguments: Sequence[str]) -> int:
    """Write the reports, print the verdict, and return its exit code; 4 where the shards cannot be joined."""
    try:
        with replacing_reports():
            return _merge(_options(arguments))
    except ConfigError as error:
        sys.stderr.write(f"ERROR: {error}\n")
        return WRONG


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = _Parser(prog="python -m harness.merge", description=__doc__)
    parser.add_argument("places", nargs="+", type=Path, metavar="DIR", help=f"holds {FILE}, or is one")
    parser.add_argument("--reports", type=Path, default=Path("reports"), metavar="DIR", help="as pytest's")
    parser.add_argument("--env", metavar="NAME", help="a path, where the shards' environment was one")
    parser.add_argument("--regions", default="", metavar="A,B", help="those that have to be among them")
    parser.add_argument("--runbook", type=Path, metavar="FILE", help="as pytest's")
    parser.add_argument("--notify-url-env", metavar="VAR", help="as pytest's")
    return parser.parse_args(arguments)


def _merge(options: argparse.Namespace) -> int:
    found = _found(options.places)
    joining.check({str(path): share for path, share in found})
    regions = [region(name, "--regions") for name in options.regions.split(",") if name]
    first_path, first = found[0]
    if regions and not first.region:
        raise ConfigError(f"{first_path}: region", "names none", "run each with --region=NAME")
    # Nothing is asked of the target: its secrets need not be here.
    chosen = environment.load(options.env or first.environment, phases=())
    if chosen.name != first.environment:
        raise ConfigError(f"--env={options.env}", f"the shards are of {first.environment!r}", "name that one")
    if first.excused != frozenset(chosen.file.checklist.not_required):
        where = f"{chosen.path}: checklist.not_required"
        raise ConfigError(where, f"is another one than {first}'s", "name the file of the run with --env=PATH")
    home, those = options.reports / chosen.name, phases.named(first.phase)
    reports, secrets = phases.reports(home, those), Secrets()
    rules = Rules(replace(chosen, phases=those), home)
    more = [ticked_report(options.runbook, rules.runbook, reports, secrets.scrub)] if options.runbook else []
    telling = Telling(reports, options.notify_url_env, dict(more))
    telling.protect(secrets)
    rules.clear(reports)
    telling.clear()
    verdict = telling.tell(rules.judge(brought(found, reports), regions), secrets.scrub)
    for line, _ in telling.lines(verdict, min(shutil.get_terminal_size().columns, 120)):
        print(line)  # noqa: T201 (this is what was asked for, and holds no secret)
    return verdict.exit_code


def _found(places: Sequence[Path]) -> list[tuple[Path, Share]]:
    """All shards that lie in these places, in the order of their numbers and regions."""
    files: dict[Path, Path] = {}
    for place in places:
        below = sorted(place.rglob(FILE)) if place.is_dir() else [place]
        if not below:
            raise ConfigError(str(place), f"holds no {FILE}", "name the reports of a run with --shard=K/N")
        for path in below:
            if (taken := files.setdefault(path.resolve(), path)) is not path:
                raise ConfigError(str(path), f"is given twice, also as {taken}", "name each place once")
    shares = [(path, read(path)) for path in files.values()]
    return sorted(shares, key=lambda found: (found[1].region, found[1].shard.number if found[1].shard else 0))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
