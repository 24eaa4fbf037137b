"""Why a connection failed, in words that say where to look: name, port, certificate; and for how long it will not."""

import errno
import socket
import ssl
import time
from collections.abc import Iterator

import httpx

# OpenSSL's verification codes (X509_verify_cert_error_string).
_EXPIRED, _NOT_YET, _HOST, _ADDRESS = 10, 9, 62, 64
_REFUSED = "connection refused: nobody listens there"


def cause(error: BaseException, host: str) -> str:
    """Why a request to `host` got no answer; of what is not known, its own words."""
    for one in _chain(error):
        if isinstance(one, ssl.SSLCertVerificationError):
            return f"TLS: {_certificate(one, host)}"
        if isinstance(one, ssl.SSLError):
            return f"TLS: no handshake ({one.reason or one.strerror or one})"
        if isinstance(one, socket.gaierror):
            return f"DNS: {host} is not known ({one.strerror})"
        if isinstance(one, ConnectionRefusedError):
            return _REFUSED
        if isinstance(one, ConnectionResetError):
            return "connection reset"
        if isinstance(one, OSError) and one.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH):
            return f"no route to {host} ({one.strerror})"
    return str(error) or type(error).__name__


def certificate_days(response: httpx.Response) -> int | None:
    """For how many days the certificate behind an answer is still valid; None without one, or unverified."""
    stream = response.extensions.get("network_stream")
    tls = stream.get_extra_info("ssl_object") if stream is not None else None
    until = (tls.getpeercert() or {}).get("notAfter") if tls is not None else None
    return int((ssl.cert_time_to_seconds(until) - time.time()) // 86400) if until else None


def _certificate(error: ssl.SSLCertVerificationError, host: str) -> str:
    match error.verify_code:
        case code if code == _EXPIRED:
            return "the certificate has expired"
        case code if code == _NOT_YET:
            return "the certificate is not valid yet"
        case code if code in (_HOST, _ADDRESS):
            return f"the certificate is not for {host}"
    return f"the certificate's chain is not trusted ({error.verify_message})"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error, and what led to it: anyio says of several attempts only that all of them failed."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for one in error.exceptions:
                yield from _chain(one)
        error = error.__cause__ or error.__context__
