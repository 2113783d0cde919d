"""
The remote of the user's repository: where it is, and how a single git command gets access to it.

Nothing of it is written to a file or appears in arguments. Address, credentials and the repository's own transport
settings (proxy, certificates, ssh command) are handed to one git process as configuration whose values are in its
environment: `git --config-env=KEY=VARIABLE`, which adds to a `GIT_CONFIG_COUNT` that a job may already carry.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from steelyard.baseline.checkout import Checkout
from steelyard.ci import Context, Secret
from steelyard.config import Config
from steelyard.errors import GitError
from steelyard.log import logger, register_secret
from steelyard.model.base import Value
from steelyard.text import quote

NAME = "steelyard"
"""The remote's name in our own repositories; unusual, so that nobody's global configuration says anything of it."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]{0,199}")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(//|:)")  # `https://…`, and `ext::…` of a remote helper
_SCP = re.compile(r"[^/]+:")
_TRANSPORT = r"^(http\..*|credential\..*|core\.(sshcommand|gitproxy|askpass)|ssh\.variant)$"
_USER = re.compile(r"//[^/\s]*@")
_TOKEN_LENGTH = 20
_USERS = {"gitlab": "oauth2"}


class Access(Value, frozen=True, kw_only=True):
    """A token, and the one server that it may be sent to."""

    server_url: str = ""
    """E.g. `https://github.com`."""
    token: Secret = Secret("")
    user: str = "x-access-token"

    @classmethod
    def of(cls, context: Context) -> Access:
        """What the job may use."""
        if context.job_token and not context.token:
            return cls(server_url=context.server_url, token=context.job_token, user="gitlab-ci-token")
        user = _USERS.get(context.provider, "x-access-token")
        return cls(server_url=context.server_url, token=context.token, user=user)


class Remote(Value, frozen=True, kw_only=True):
    """A remote that a `TemporaryRepository` can talk to."""

    name: str
    """As the user calls it."""
    url: Secret
    """Without password; not to be shown, since a path or a user's name may still say too much."""
    settings: tuple[tuple[str, Secret], ...] = ()
    """Git configuration, in this order."""
    authenticated: bool = False
    """A credential is among the settings; otherwise git asks the user's credential helpers."""

    @classmethod
    def of(cls, checkout: Checkout, name: str, *, access: Access | None = None, push: bool = False) -> Remote:
        """
        The remote of that name in the user's repository; `push`: the address that it is pushed to.

        Raises:
            GitError: There is no such remote.
        """
        address = checkout.remote_url(name, push=push) if _NAME.fullmatch(name) else None
        if address is None:
            raise GitError(
                f"the repository has no remote named {quote(name)}",
                hint="add it with `git remote add`, or name another one as `remote` under [store]; "
                'with `kind = "directory"` there, evaluations are kept without one',
            )
        own = [(key, value) for key, value in checkout.settings(_TRANSPORT) if not _USER.search(key)]
        url, credential = _take_credential(_absolute(address, checkout.root), access or Access())
        kept = own if credential is None else [pair for pair in own if not pair[0].lower().endswith("extraheader")]
        for key, value in kept:
            if key.lower().endswith("extraheader"):
                register_secret(value.rpartition(" ")[2])
        settings = [*kept, *_identity(url), *(_authorization(url, credential) if credential is not None else ())]
        return cls(
            name=name,
            url=Secret(url),
            settings=tuple((key, Secret(value)) for key, value in settings),
            authenticated=credential is not None,
        )

    def options(self) -> tuple[list[str], dict[str, str]]:
        """Arguments of `git` that set the configuration, and the variables that hold its values."""
        arguments, variables = [], {}
        for number, (key, value) in enumerate((*self.settings, (f"remote.{NAME}.url", self.url))):
            variable = f"STEELYARD_GIT_{number}"
            arguments.append(f"--config-env={key}={variable}")
            variables[variable] = value.reveal()
        if self.authenticated:
            variables["GIT_ASKPASS"] = ""  # a refused token is an error, not a question
        return arguments, variables


def configured(checkout: Checkout, context: Context, config: Config) -> Remote | None:
    """The remote that the configuration names, as the job may use it; None, and nothing said, where there is none."""
    try:
        return Remote.of(checkout, config.store.remote, access=Access.of(context))
    except GitError as exc:
        logger.debug("%s", exc)
        return None


class _Credential(Value, frozen=True, kw_only=True):
    user: str
    password: str


def _absolute(address: str, root: Path) -> str:
    """Git takes a relative path from the top of the work tree; our repositories are elsewhere."""
    if _SCHEME.match(address) or _SCP.match(address) or address.startswith("/"):
        return address
    return str(root / address)


def _take_credential(address: str, access: Access) -> tuple[str, _Credential | None]:
    """The address without password, and the credential to use: the token if it is for that server, else its own."""
    parts = _http(address)
    if parts is None:
        return address, None
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    for secret in (password, parts.password or "", user if len(user) >= _TOKEN_LENGTH else ""):
        register_secret(secret)
    bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    if access.token and _origin(parts) == _origin(_http(access.server_url)):
        register_secret(access.token.reveal())
        return bare, _Credential(user=access.user, password=access.token.reveal())
    if password or len(user) >= _TOKEN_LENGTH:
        return bare, _Credential(user=user, password=password)
    return address, None


def _http(address: str) -> SplitResult | None:
    """The parts of an http(s) address; None for any other, and for one with a port that is no number."""
    try:
        parts = urlsplit(address)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if usable else None


def _origin(parts: SplitResult | None) -> tuple[str, str, int] | None:
    """What must be equal before a token is sent: scheme, host and port."""
    if parts is None:
        return None
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}[parts.scheme]


def _identity(url: str) -> Iterator[tuple[str, str]]:
    """The address has been rewritten by the user's `insteadOf` once; the longest match wins, so this stops a second."""
    if _USER.search(url):  # keys are arguments: no address that may hold a password becomes one
        return
    yield f"url.{url}.insteadOf", url
    yield f"url.{url}.pushInsteadOf", url


def _authorization(url: str, credential: _Credential) -> Iterator[tuple[str, str]]:
    """
    One Authorization header, and no other.

    An empty value empties git's list of headers, whichever key filled it; the key is the whole address, because git
    ignores a value whose key matches the address less closely than one that it has seen.
    """
    encoded = base64.b64encode(f"{credential.user}:{credential.password}".encode()).decode()
    register_secret(encoded)
    yield "credential.helper", ""
    yield "core.askPass", ""
    yield f"http.{url}.extraheader", ""
    yield f"http.{url}.extraheader", f"AUTHORIZATION: basic {encoded}"
    # After a redirect git would send the header to wherever it was led.
    yield f"http.{url}.followRedirects", "false"
