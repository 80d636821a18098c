"""Where a request comes from, when it came through the city's own proxy.

The doors stand on loopback behind the proxy that ends TLS. Only one that CITYCARD_TRUSTED_PROXIES
names may say who it speaks for, and whether that was by TLS; from anybody else it's just a header.
"""

from typing import TYPE_CHECKING

from granian.utils.proxies import wrap_wsgi_with_proxy_headers

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication


def behind(application: "WSGIApplication", proxies: list[str]) -> "WSGIApplication":
    """Return the application as it is reached through these proxies."""
    if not proxies:
        return application
    wrapped: WSGIApplication = wrap_wsgi_with_proxy_headers(application, proxies)
    return wrapped
