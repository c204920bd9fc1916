"""The console's files: plain HTML, CSS and scripts, read once at start and served with their hash as the ETag."""

import hashlib
import mimetypes
from collections.abc import Iterator
from importlib import resources
from typing import NamedTuple

from aiohttp import web

from collector.http.problems import Handler

PAGES = {
    "index.html": "/",
    "incident.html": "/incidents/{id}",
    "problems.html": "/problems",
    "problem.html": "/problems/{id}",
}


class Asset(NamedTuple):
    path: str
    body: bytes
    media_type: str
    etag: str


def assets() -> Iterator[Asset]:
    """The pages, and everything else under /console/."""
    for file in sorted(resources.files("collector.console").iterdir(), key=lambda each: each.name):
        if file.is_file() and not file.name.endswith((".py", ".typed")):
            body = file.read_bytes()
            media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            yield Asset(_path(file.name), body, media_type, hashlib.sha256(body).hexdigest()[:32])


def serving(asset: Asset) -> Handler:
    async def serve(request: web.Request) -> web.StreamResponse:
        headers = {"Cache-Control": "no-cache", "ETag": f'"{asset.etag}"'}
        if request.if_none_match and any(tag.value == asset.etag for tag in request.if_none_match):
            return web.Response(status=304, headers=headers)
        charset = "utf-8" if asset.media_type.startswith(("text/", "application/javascript")) else None
        return web.Response(body=asset.body, content_type=asset.media_type, charset=charset, headers=headers)

    return serve


def _path(name: str) -> str:
    return PAGES.get(name, f"/console/{name}")
