"""docs/ci: valid for their platforms, and what they do with each exit code is the same and right."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent

import pytest
import yaml

from harness.postdeploy.moment import deploy

ROOT = Path(__file__).parent.parent
CI = ROOT / "docs" / "ci"
GITHUB, GITLAB, JENKINS = (CI / name for name in ("github-actions.yml", "gitlab-ci.yml", "Jenkinsfile"))
FILES = [GITHUB, GITLAB, JENKINS]
NEXT = {
    0: "go-on",
    1: "roll-back",
    2: "mend-the-pipeline",
    4: "mend-the-pipeline",
    5: "mend-the-pipeline",
    10: "ask-a-human",
    11: "look-at-the-deployment",
}


DEPLOYED_AT = "2026-11-24T02:00:00Z"
ASKED = (
    "-m harness.merge reports/shard-1 reports/shard-2\n",
    f"-m pytest --env=staging --watch=30m --every=60s --deployed-at={DEPLOYED_AT} --expect-version=1.4.2\n",
)


def decisions(path):
    """The lines of shell that run the merge, then the watch, and decide what comes next."""
    found = re.findall(
        r"^ *code=0\n.*?^ *esac\n.*?^ *exit \"\$code\"\n", path.read_text("utf-8"), re.M | re.S
    )
    return [dedent(each) for each in found]


def run(script, folder, code=0):
    """In a checkout whose merge ends with `code`."""
    (folder / ".venv/bin").mkdir(parents=True)
    (folder / ".venv/bin/python").write_text(f'#!/bin/sh\necho "$@" > asked\nexit {code}\n')
    (folder / ".venv/bin/python").chmod(0o755)
    (folder / "reports/shard-1").mkdir(parents=True)
    (folder / "reports/shard-2").mkdir()
    # As the runners of GitHub start it; the other two stop at an error, too.
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env={
            "PATH": "/usr/bin:/bin",
            "GITHUB_OUTPUT": "out",
            "VERSION": "1.4.2",
            "DEPLOYED_AT": DEPLOYED_AT,
        },
    )


def test_the_decision_is_the_same_everywhere():
    mappings = [re.search(r"case .*?esac\n", each, re.S)[0] for path in FILES for each in decisions(path)]
    assert len(mappings) == 6
    assert len(set(mappings)) == 1


@pytest.mark.parametrize(("code", "next_step"), NEXT.items())
@pytest.mark.parametrize("of", [0, 1], ids=["verdict", "watch"])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_exit_code_leads_to_its_step(path, of, code, next_step, tmp_path):
    assert run(decisions(path)[of], tmp_path, code).returncode == code
    said = next(file for name in ("out", "next.env", "next") if (file := tmp_path / name).exists())
    assert said.read_text().strip().removeprefix("next=") == next_step
    assert (tmp_path / "asked").read_text() == ASKED[of]


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        (GITHUB, "vendor.github-workflows"),
        (GITHUB, "custom.github-workflows-require-timeout"),
        (GITLAB, "vendor.gitlab-ci"),
    ],
)
def test_platform_takes_it(path, schema):
    ended = valid(path, schema)
    assert ended.returncode == 0, ended.stdout


@pytest.mark.parametrize(
    ("path", "schema", "right", "wrong"),
    [
        (GITHUB, "vendor.github-workflows", "needs: predeploy", "needs: {a: 1}"),
        (GITLAB, "vendor.gitlab-ci", "parallel: 3", "parallel: many"),
    ],
)
def test_schema_can_refuse(path, schema, right, wrong, tmp_path):
    (tmp_path / path.name).write_text(path.read_text("utf-8").replace(right, wrong), "utf-8")
    assert valid(tmp_path / path.name, schema).returncode == 1


def valid(path, schema):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
    return subprocess.run(
        [*command, "--data-transform", "gitlab-ci"] if "gitlab" in schema else command,
        capture_output=True,
        text=True,
    )


def test_github_rolls_back_for_one_word_only():
    jobs = yaml.safe_load(GITHUB.read_text("utf-8"))["jobs"]
    assert jobs["rollback"]["if"] == (
        "${{ !cancelled() && (needs.verdict.outputs.next == 'roll-back' "
        "|| needs.watch.outputs.next == 'roll-back') }}"
    )
    stays = re.search(r"fromJSON\('(.*?)'\), needs\.verdict\.outputs\.next", jobs["watch"]["if"])[1]
    assert json.loads(stays) == [NEXT[0], NEXT[10], NEXT[11]]
    needs = {name: job.get("needs") for name, job in jobs.items()}
    assert needs == {
        "predeploy": None,
        "deploy": "predeploy",
        "smoke": "deploy",
        "verdict": ["deploy", "smoke"],
        "watch": ["deploy", "verdict"],
        "rollback": ["verdict", "watch"],
    }
    assert jobs["smoke"]["strategy"] == {"fail-fast": False, "matrix": {"shard": [1, 2, 3]}}


@pytest.mark.parametrize(("said", "rolled_back"), [("", False), ("roll-back", True), ("ask-a-human", False)])
def test_gitlab_rolls_back_for_one_word_only(said, rolled_back, tmp_path):
    pipeline = yaml.safe_load(GITLAB.read_text("utf-8"))
    [script] = pipeline["rollback"]["script"]
    (tmp_path / "rollback.sh").write_text("#!/bin/sh\ntouch rolled-back\n")
    (tmp_path / "rollback.sh").chmod(0o755)
    ended = run(f"next={said}\n{script}" if said else script, tmp_path)
    assert (ended.returncode, (tmp_path / "rolled-back").exists()) == (0, rolled_back)
    assert pipeline["verdict"]["allow_failure"] == {"exit_codes": [10, 11]}
    assert pipeline["watch"]["allow_failure"] == pipeline["verdict"]["allow_failure"]
    assert pipeline["rollback-after-watch"] == {"extends": "rollback", "needs": ["watch"]}
    assert (pipeline["rollback"]["when"], pipeline["smoke"]["allow_failure"]) == ("on_failure", True)


def test_jenkins_rolls_back_for_one_word_only():
    text = JENKINS.read_text("utf-8")
    stages = re.findall(r"^        stage\('([\w-]+)'\)", text, re.M)
    assert stages == ["predeploy", "deploy", "smoke", "verdict", "watch", "rollback"]
    rollback = text.partition("stage('rollback')")[2]
    watch = text.partition("stage('watch')")[2]
    assert (
        "when {\n                expression { env.NEXT in ['go-on', 'ask-a-human', 'look-at-the-dep" in watch
    )
    assert "when {\n                environment name: 'NEXT', value: 'roll-back'\n" in rollback
    assert text.count("./rollback.sh") == rollback.count("./rollback.sh") == 1
    assert all(text.count(left) == text.count(right) for left, right in ("{}", "[]"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_shards_look_at_the_release_and_add_up(path):
    text = path.read_text("utf-8")
    assert '--expect-version="$VERSION"' in text
    assert "--phase=predeploy" in text.partition('deploy.sh "$VERSION"')[0]
    parts = {
        GITHUB: "shard: [1, 2, 3]\n    env:\n      SHARD: ${{ matrix.shard }}",
        GITLAB: "parallel: 3",
        JENKINS: "values '1', '2', '3'",
    }
    assert parts[path] in text
    asked = '--shard="$CI_NODE_INDEX/$CI_NODE_TOTAL"' if path == GITLAB else '--shard="$SHARD/3"'
    assert text.count(asked) == 1


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_time_of_the_deploy_is_from_before_it(path, tmp_path):
    text = path.read_text("utf-8")
    clock = "date -u +%Y-%m-%dT%H:%M:%SZ"
    assert text.count(clock) == 1
    assert text.index(clock) < text.index('./deploy.sh "$VERSION"')
    told = subprocess.run(["bash", "-c", clock], capture_output=True, text=True, check=True).stdout.strip()
    assert abs(datetime.now(UTC) - deploy(told, None, datetime.now(UTC)).at) < timedelta(minutes=1)


@pytest.mark.parametrize("path", [GITLAB, JENKINS], ids=lambda path: path.name)
def test_shard_that_an_earlier_build_left_is_removed(path, tmp_path):
    """GitHub's checkout does that by itself."""
    removal = re.search(
        r"rm -rf reports/shard-\*.*(?=\n.*\n?.*make .venv/installed\n.*\n?.*--shard)", path.read_text("utf-8")
    )
    assert run(removal[0], tmp_path).returncode == 0
    assert list((tmp_path / "reports").iterdir()) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_options_are_the_suite_s_own(path):
    known = subprocess.run(
        [sys.executable, "-m", "pytest", "--help"], cwd=ROOT, capture_output=True, text=True
    ).stdout
    for line in re.findall(r"python -m pytest .*?(?<!\\)\n(?! +--)", path.read_text("utf-8"), re.S):
        for option in re.findall(r"--[\w-]+(?==)", line):
            assert option.replace("-", "") in known.replace("-", ""), option
