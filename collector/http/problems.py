"""How a request is refused: RFC 9457 problem details, always with the one thing to do about it."""

from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web

from collector.http.shapes import Problem

MEDIA_TYPE = "application/problem+json"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Refused(Exception):  # noqa: N818 - past tense, as all events here
    """Ends a request with a problem document. `headers` go with it, such as Retry-After."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str = "",
        errors: list[str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(title)
        self.problem = Problem(title=title, status=status, detail=detail, errors=errors or [])
        self.headers = headers or {}


def response(problem: Problem, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(problem), status=problem.status, content_type=MEDIA_TYPE, headers=headers
    )


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Whatever goes wrong in a request becomes a problem document; only what nobody foresaw becomes a 500."""
    try:
        return await handler(request)
    except Refused as refused:
        return response(refused.problem, refused.headers)
    except web.HTTPNotFound:
        return response(Problem("Not found", 404, f"nothing is at {request.path}; see /api/v1/openapi.json"))
    except web.HTTPMethodNotAllowed as error:
        allowed = ", ".join(sorted(error.allowed_methods))
        return response(
            Problem("Method not allowed", 405, f"{request.path} takes {allowed}"), headers={"Allow": allowed}
        )
    except web.HTTPRequestEntityTooLarge:
        return response(Problem("Body too large", 413, "a request's body has at most 64 KiB"))
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return response(Problem(error.reason, error.status))
    except TimeoutError:
        return response(
            Problem("Not done in time", 504, "it was taken and may still be done; ask again"), {"Retry-After": "5"}
        )
