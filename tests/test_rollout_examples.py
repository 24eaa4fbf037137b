"""docs/rollout: manifests as published schemas have them, confined, and exit codes that lead to the right step.

Of the kinds that Argo Rollouts and Flagger bring, no package for Python holds a schema: what their documentation says
of the keys that are used is asserted here; the Job inside of the AnalysisTemplate is checked as a Job.
"""

import json
import os
import re
import subprocess
import time
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from tests.test_ci_examples import GITHUB, NEXT

ROLLOUT = Path(__file__).parent.parent / "docs" / "rollout"
KUBERNETES = "1.34"


def documents(name):
    return list(yaml.safe_load_all((ROLLOUT / name).read_text("utf-8")))


[ARGO], [FLAGGER] = documents("argo-rollouts.yaml"), documents("flagger.yaml")
WRAPPED, READ = ARGO["spec"]["metrics"]
IN_ARGO = {"apiVersion": "batch/v1", "kind": "Job", **WRAPPED["provider"]["job"]}
PLAIN = [*documents("job.yaml"), *documents("shards.yaml"), *documents("reports.yaml"), IN_ARGO]
PODS = [each["spec"]["template"]["spec"] for each in PLAIN if "template" in each["spec"]]


@pytest.mark.parametrize("manifest", PLAIN, ids=lambda manifest: manifest["kind"])
def test_kubernetes_takes_it(manifest):
    named = {"metadata": {"name": "x"}} | manifest
    assert kubernetes_validate.validate(named, KUBERNETES, strict=True) == KUBERNETES


def test_schema_can_refuse():
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(
            {**PLAIN[0], "spec": {**PLAIN[0]["spec"], "backoff": 1}}, KUBERNETES, strict=True
        )


@pytest.mark.parametrize("pod", PODS, ids=lambda pod: " ".join(pod["containers"][0]["command"])[-40:])
def test_pod_has_no_privileges(pod):
    """And a root that is read-only; secrets come as variables, each out of a Secret."""
    [container] = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "privileged": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/tmp", "/reports"}
    given = {variable["name"]: variable for variable in container.get("env", ())}
    secret = {name for name in given if "SECRET" in name}
    assert all(set(given[name]) == {"name", "valueFrom"} for name in secret)
    assert "hostPath" not in json.dumps(pod)


def test_environment_s_variables_are_given():
    named = re.findall(
        r'_env = "(\w+)"', (ROLLOUT.parent.parent / "environments/staging.toml").read_text("utf-8")
    )
    for manifest in (documents("job.yaml")[0], documents("shards.yaml")[0], IN_ARGO):
        [container] = manifest["spec"]["template"]["spec"]["containers"]
        assert set(named[:2]) <= {variable["name"] for variable in container["env"]}


def test_indexed_job_runs_every_shard():
    shards, merge = documents("shards.yaml")
    spec = shards["spec"]
    assert (spec["completionMode"], spec["completions"], spec["parallelism"]) == ("Indexed", 3, 3)
    assert '--shard="$((JOB_COMPLETION_INDEX + 1))/3"' in script(shards)
    assert "harness.merge" in script(merge)


def script(job):
    [container] = job["spec"]["template"]["spec"]["containers"]
    return container["command"][2]


def mapping(text):
    return re.sub(r"^ +", "", re.search(r'case "\$code" in\n.*?esac\n', text, re.S)[0], flags=re.M)


def test_exit_codes_mean_what_they_mean_in_ci():
    same = mapping(GITHUB.read_text("utf-8"))
    assert mapping(script(IN_ARGO)) == same
    assert mapping((ROLLOUT / "gate.sh").read_text("utf-8")) == same


# --- executed


@pytest.fixture
def checkout(tmp_path):
    """A checkout with gate.sh, whose run ends with a code; `ran` counts the runs."""
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / "docs/rollout").mkdir(parents=True)
    gate = tmp_path / "docs/rollout/gate.sh"
    gate.write_text((ROLLOUT / "gate.sh").read_text("utf-8"))

    def run(code, *command):
        (tmp_path / ".venv/bin/python").write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/ran\nexit {code}\n')
        (tmp_path / ".venv/bin/python").chmod(0o755)
        named = {"PATH": "/usr/bin:/bin", "ENVIRONMENT": "staging", "REPORTS": f"{tmp_path}/reports"}
        named |= {"VERSION": "1.4.2", "JOB_COMPLETION_INDEX": "1"}
        return subprocess.run(["bash", *command], cwd=tmp_path, env=named, stderr=subprocess.PIPE).returncode

    run.folder, run.gate = tmp_path, str(gate)
    return run


@pytest.mark.parametrize(("code", "next_step"), NEXT.items())
def test_argo_job_fails_for_no_go_alone_and_says_the_rest(checkout, code, next_step):
    text = script(IN_ARGO).replace("{{args.version}}", "1.4.2").replace("{{args.run}}", "step-1")
    ended = checkout(code, "-c", text.replace("/reports/", f"{checkout.folder}/reports/"))
    assert ended == (1 if code == 1 else 0)
    said = json.loads((checkout.folder / "reports/1.4.2/step-1.json").read_text())
    assert said == {"next": next_step}
    # As the conditions of the second metric read it.
    assert (READ["successCondition"], READ["failureCondition"]) == (
        'result == "go-on"',
        'result == "roll-back"',
    )
    assert READ["provider"]["web"]["jsonPath"] == "{$.next}"


@pytest.mark.parametrize(("code", "next_step"), NEXT.items())
def test_flagger_promotes_for_go_and_rolls_back_for_no_go_alone(checkout, code, next_step):
    assert checkout(code, checkout.gate, "rollback", "1.4.2") == 1  # nothing is known yet
    assert checkout(code, checkout.gate, "confirm", "1.4.2") == (0 if code == 0 else 1)
    assert checkout(code, checkout.gate, "rollback", "1.4.2") == (0 if code == 1 else 1)
    assert (checkout.folder / "reports/1.4.2/next").read_text() == f"{next_step}\n"


@pytest.mark.parametrize(("code", "runs"), [(0, 1), (1, 1), (10, 2), (11, 2), (4, 2)])
def test_flagger_s_answer_stays_unless_another_run_may_change_it(checkout, code, runs):
    for _ in range(2):
        checkout(code, checkout.gate, "confirm", "1.4.2")
    assert len((checkout.folder / "ran").read_text().splitlines()) == runs


@pytest.mark.parametrize(("then", "now"), [(0, 1), (1, 0)])
def test_version_that_is_deployed_again_is_not_judged_by_its_old_run(checkout, then, now):
    checkout(then, checkout.gate, "confirm", "1.4.2")
    old = time.time() - 11 * 60
    os.utime(checkout.folder / "reports/1.4.2/next", (old, old))
    assert checkout(now, checkout.gate, "rollback", "1.4.2") == 1
    assert checkout(now, checkout.gate, "confirm", "1.4.2") == now
    assert checkout(now, checkout.gate, "rollback", "1.4.2") == 1 - now
    assert len((checkout.folder / "ran").read_text().splitlines()) == 2


@pytest.mark.parametrize(("code", "ended"), [(0, 0), (1, 0), (10, 0), (11, 0), (2, 2), (4, 4)])
def test_pod_of_a_shard_fails_for_what_leaves_no_share(checkout, code, ended):
    assert checkout(code, "-c", script(documents("shards.yaml")[0])) == ended
    assert "--shard=2/3" in (checkout.folder / "ran").read_text()


# --- what is not a kind of Kubernetes


def test_analysis_template_is_as_documented():
    assert (ARGO["apiVersion"], ARGO["kind"]) == ("argoproj.io/v1alpha1", "AnalysisTemplate")
    assert set(ARGO["spec"]) == {"args", "metrics"}
    assert set(WRAPPED) == {"name", "count", "failureLimit", "provider"}
    assert set(WRAPPED["provider"]["job"]) == {"metadata", "spec"}
    assert set(READ) == {
        "name",
        "count",
        "interval",
        "failureLimit",
        "inconclusiveLimit",
        "consecutiveErrorLimit",
        "successCondition",
        "failureCondition",
        "provider",
    }
    used = set(re.findall(r"{{args\.(\w+)}}", json.dumps(ARGO)))
    assert used == {each["name"] for each in ARGO["spec"]["args"]}
    # It waits for the file as long as the Job may take.
    assert READ["consecutiveErrorLimit"] * 10 == WRAPPED["provider"]["job"]["spec"]["activeDeadlineSeconds"]


def test_the_reports_are_served_where_argo_reads_them():
    _, deployment, service = documents("reports.yaml")
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    [port] = service["spec"]["ports"]
    assert READ["provider"]["web"]["url"].startswith(
        f"http://{service['metadata']['name']}.verifier.svc:{port['port']}/"
    )
    assert container["ports"] == [{"containerPort": port["port"]}]
    assert service["spec"]["selector"] == deployment["spec"]["selector"]["matchLabels"]


def test_flagger_s_webhooks_are_as_documented():
    assert (FLAGGER["apiVersion"], FLAGGER["kind"]) == ("flagger.app/v1beta1", "Canary")
    confirm, rollback = FLAGGER["spec"]["analysis"]["webhooks"]
    assert (confirm["type"], rollback["type"]) == ("confirm-promotion", "rollback")
    for hook, word in ((confirm, "confirm"), (rollback, "rollback")):
        assert set(hook) == {"name", "type", "url", "timeout", "metadata"}
        assert re.fullmatch(r"[0-9]+(m|s)", hook["timeout"])
        assert hook["metadata"] == {
            "type": "bash",
            "cmd": f"/verifier/docs/rollout/gate.sh {word} NEW_VERSION",
        }
