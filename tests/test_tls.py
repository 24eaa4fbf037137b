"""Targets whose certificate is right, and not: what is said of each, against a real TLS server."""

import asyncio
import ssl
import subprocess
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from harness.contract.budget import Budget
from harness.errors import NoAnswer, Unreachable
from harness.run import Run

AUTHORITY = """
[ca]
default_ca = this
[this]
database = index.txt
new_certs_dir = .
default_md = sha256
policy = any
unique_subject = no
rand_serial = yes
copy_extensions = copy
[any]
commonName = supplied
"""
KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
TODAY = datetime.now(UTC)


class Authority:
    """Makes certificates in a folder with the `openssl` of this machine."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "ca.cnf").write_text(AUTHORITY)
        (folder / "index.txt").touch()
        authority = ("-addext", "keyUsage=keyCertSign", "-subj", "/CN=An authority", "-days", "2")
        self._openssl("req", "-x509", *KEY, "-keyout", "ca.key", "-out", "ca.pem", *authority)

    def certificate(self, name, address="127.0.0.1", begin=-2, end=90):
        """The TLS context of a server at `address`; `begin` and `end` in days from today."""
        named = ("-addext", f"subjectAltName=IP:{address}", "-subj", f"/CN={name}")
        self._openssl("req", "-new", *KEY, "-keyout", f"{name}.key", "-out", f"{name}.csr", *named)
        dates = ("-startdate", moment(begin), "-enddate", moment(end))
        ca = ("-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key", "-batch", "-notext")
        self._openssl("ca", *ca, "-in", f"{name}.csr", "-out", f"{name}.pem", *dates)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        return context

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)


def moment(days):
    return (TODAY + timedelta(days=days, hours=1)).strftime("%Y%m%d%H%M%SZ")


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def reach(serving, make_environment, authority, tmp_path):
    """The notes of a run that reached a server with that TLS context; raises Unreachable."""

    async def healthy(_):
        return 200, {"version": "1"}

    def reach(context, **target):
        async def main():
            async with serving(healthy, host="127.0.0.1", port=0, ssl=context) as origin:
                site = {"base_url": origin.replace("http:", "https:"), "ready_within_s": 0.05, **target}
                run = Run(make_environment(target=site), tmp_path, Budget(1, 1, 1))
                try:
                    await run.reached()
                    return run.notes
                finally:
                    await asyncio.to_thread(run.close)

        return asyncio.run(main())

    trusting = {"ca_file": str(authority.folder / "ca.pem")}
    return lambda context, **target: reach(context, **{**trusting, **target})


def test_certificate_that_is_right_is_noted_with_the_days_it_has_left(reach, authority):
    assert reach(authority.certificate("right")) == ["the target's certificate expires in 90 days"]


def test_certificate_that_expires_soon_is_to_be_renewed(reach, authority):
    told = reach(authority.certificate("soon", end=13))
    assert told == ["the target's certificate expires in 13 days; renew it"]


@pytest.mark.parametrize(
    ("name", "made", "told"),
    [
        ("expired", {"begin": -30, "end": -2}, "TLS: the certificate has expired"),
        ("early", {"begin": 2}, "TLS: the certificate is not valid yet"),
        ("foreign", {"address": "127.0.0.2"}, "TLS: the certificate is not for 127.0.0.1"),
    ],
)
def test_certificate_that_is_wrong_is_named(reach, authority, name, made, told):
    with pytest.raises(Unreachable) as caught:
        reach(authority.certificate(name, **made))
    assert str(caught.value).endswith(f"GET /api/health got no answer, twice: {told}")


def test_chain_that_nobody_vouches_for_is_named(reach, authority):
    with pytest.raises(Unreachable, match=r": TLS: the certificate's chain is not trusted \(unable to get"):
        reach(authority.certificate("stranger"), ca_file=None)


def test_certificate_is_not_looked_at_where_the_file_says_so(reach, authority):
    assert reach(authority.certificate("any", begin=-30, end=-2), verify_tls=False) == []


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://nowhere.invalid/x", "DNS: nowhere.invalid is not known ("),
        ("http://127.0.0.1:9/x", "connection refused: nobody listens there"),
        ("https://127.0.0.1:9/x", "connection refused: nobody listens there"),
    ],
)
def test_cause_of_no_connection_is_named(meet, url, told):
    async def nothing(_):
        raise AssertionError("nobody asks here")

    with pytest.raises(NoAnswer) as caught:
        meet(nothing, lambda meeting: meeting.transport.send("GET", httpx.URL(url), {}))
    assert str(caught.value).startswith(f"GET /x got no answer, twice: {told}")
