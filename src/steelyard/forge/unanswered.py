"""What it means that a forge did not answer, or not in words that its library understands."""

from __future__ import annotations

import requests
import urllib3

from steelyard.forge.patience import Refused
from steelyard.forge.words import one_line
from steelyard.model.base import Value


class Request(Value, frozen=True, kw_only=True):
    """What was tried, and where."""

    action: str
    """As it follows "cannot": `comment on pull request 7 (octo/digits)`."""
    host: str
    """Whom it was asked of, for messages."""
    timeout: int
    """Seconds."""
    variable: str
    """The variable that says where the forge's API is."""
    status_page: str = ""


def unanswered(exc: Exception, request: Request) -> Refused:
    """The error for what requests or a forge's library has raised, whose texts may hold a proxy's password."""
    passing = True
    match exc:
        case requests.exceptions.SSLError():
            what, hint = "its certificate cannot be verified", "set REQUESTS_CA_BUNDLE to the file of your own CA"
            passing = False
        case requests.exceptions.ProxyError():
            what, hint = "the proxy does not let it through", "check HTTPS_PROXY and NO_PROXY"
        case requests.exceptions.Timeout():
            see = f"; see {request.status_page}" if request.status_page else ""
            what, hint = f"no answer within {request.timeout} s", f"run the job again later{see}"
        case requests.RequestException() | urllib3.exceptions.HTTPError():
            what = f"the connection failed ({_reason(exc)})"
            hint = f"check the network, HTTPS_PROXY and {request.variable}"
        case _:
            what = f"its answer was not understood ({type(exc).__name__})"
            hint = f"check that {request.variable} is the API's address"
    return Refused(f"cannot {request.action}: {request.host}: {what}", hint=hint, passing=passing)


def _reason(exc: BaseException) -> str:
    """The system's own words for what went wrong with a connection: they hold no address and no password."""
    seen: BaseException | None = exc
    while seen is not None:
        if isinstance(seen, OSError) and seen.strerror:
            return one_line(seen.strerror)
        seen = seen.__cause__ or seen.__context__
    return type(exc).__name__
