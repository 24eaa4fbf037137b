"""What the outcomes mean: tests, checklist and known issues in; one verdict and its reports out."""

from harness.verdict.attestations import Attestation, load_attestations
from harness.verdict.decision import check_not_required, decide
from harness.verdict.model import ItemVerdict, RunFacts, TestResult, TestVerdict, Verdict
from harness.verdict.waivers import KnownIssue, load_known_issues

__all__ = [
    "Attestation",
    "ItemVerdict",
    "KnownIssue",
    "RunFacts",
    "TestResult",
    "TestVerdict",
    "Verdict",
    "check_not_required",
    "decide",
    "load_attestations",
    "load_known_issues",
]
