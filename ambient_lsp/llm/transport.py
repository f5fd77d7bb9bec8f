"""The one HTTP client that all questions share: kept connections, one TLS context, the environment's proxies.

It is httpx on aiohttp's connections: httpx's own pool slows down with the square of the streams that are open.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from ambient_lsp.llm.keys import is_local

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Mapping

NETWORK_ERRORS = (httpx.HTTPError, aiohttp.ClientError, OSError, TimeoutError)
_CONNECT_SECONDS = 15.0


class Http:
    """The shared client. Redirects are never followed, and no cookies kept: a key would go along, or a trace be left.

    `base_urls` are asked for only to look up their proxies, once. A read that brings nothing for `idle_seconds` fails.
    """

    def __init__(self, base_urls: Iterable[str], *, idle_seconds: float) -> None:
        timeout = httpx.Timeout(None, connect=_CONNECT_SECONDS, read=idle_seconds)
        self._extensions = {"timeout": timeout.as_dict()}
        self._direct = _transport(None)
        self._proxied: dict[str, AiohttpTransport] = {}
        proxies = getproxies()
        for url in base_urls:
            parts = urlsplit(url)
            host = parts.hostname or ""
            if is_local(url) or not host or proxy_bypass(host):
                continue  # what stays on this machine is no proxy's business, also where nobody said so
            if proxy := proxies.get(parts.scheme) or proxies.get("all"):
                self._proxied[host] = _transport(httpx.Proxy(proxy))
        mounts: dict[str, httpx.AsyncBaseTransport | None] = {
            f"all://{host}": transport for host, transport in self._proxied.items()
        }
        self.client = httpx.AsyncClient(
            transport=self._direct, mounts=mounts, trust_env=False, follow_redirects=False, timeout=timeout
        )

    async def post(self, url: httpx.URL, content: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """Send a question and return the answer's beginning; whoever asks closes it.

        Straight to the transport: what the client adds (cookies, history, events) is not wanted, and costs as much
        again.
        """
        request = httpx.Request("POST", url, headers=headers, content=content, extensions=self._extensions)
        return await self._proxied.get(url.host, self._direct).handle_async_request(request)

    async def aclose(self) -> None:
        """Close all connections."""
        await self.client.aclose()


def _transport(proxy: httpx.Proxy | None) -> AiohttpTransport:
    context = _tls()

    def session() -> aiohttp.ClientSession:
        # How many connections there may be is the limiter's business.
        connector = aiohttp.TCPConnector(limit=0, ssl=context, keepalive_timeout=60)
        return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())

    return AiohttpTransport(verify=context, proxy=proxy, client=session)


def was_dropped(error: BaseException) -> bool:
    """Whether the host had closed a kept connection just when it was used again."""
    return isinstance(error.__cause__, aiohttp.ServerDisconnectedError | ConnectionResetError)


def what_broke(error: BaseException) -> str:
    """Say one of `NETWORK_ERRORS` in a few words. What httpx calls a timeout may be a refused connection here."""
    cause = error.__cause__ or error
    if isinstance(cause, aiohttp.ClientConnectorDNSError):
        return "its name is not known"
    if isinstance(cause, aiohttp.ClientSSLError | aiohttp.ClientConnectorCertificateError):
        return "its certificate is not valid"
    if isinstance(cause, TimeoutError):
        return "no answer in time"
    return "no connection" if isinstance(cause, aiohttp.ClientConnectorError) else "the connection broke"


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()  # takes 20 ms, and obeys SSL_CERT_FILE
