"""Whose address a request comes from, when a proxy stands in front.

Room: the roof. Called by rdv.config.wsgi only. Sign-in attempts and codes are counted per network address: with the
proxy's own address, one person who mistypes would lock everybody out.
"""

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


class BehindProxies:
    """Put in REMOTE_ADDR what the outermost of `hops` trusted proxies saw; with 0 hops, nothing is believed.

        X-Forwarded-For: forged, 198.51.100.7, 10.0.0.2     each proxy writes at the right whom it heard
                                 `-- hops=2    `-- hops=1

    Anybody can send the left part, so it is never read. A header shorter than `hops` did not come through all the
    proxies: the address of the connection stays.
    """

    def __init__(self, application: WSGIApplication, *, hops: int) -> None:
        self.application = application
        self.hops = hops

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        seen = [address.strip() for address in str(environ.get("HTTP_X_FORWARDED_FOR", "")).split(",")]
        if 0 < self.hops <= len(seen) and seen[-self.hops]:
            environ["REMOTE_ADDR"] = seen[-self.hops]
        return self.application(environ, start_response)
