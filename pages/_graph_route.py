"""The graph's arrays at /api/graph/<id>.bin, which a browser fetches once and keeps."""

from flask import Flask, Response, abort, request
from werkzeug.wrappers import Response as Answer

from clt_core.errors import InputError
from pages import _graph_source
from store.workspace import Workspace

FOREVER = "private, max-age=31536000, immutable"
ASK_AGAIN = "private, no-cache"


def address(graph_id: str, version: str) -> str:
    """Where the browser finds this content of the graph."""
    return f"/api/graph/{graph_id}.bin?v={version}"


def register_routes(server: Flask, workspace: Workspace) -> None:
    """Let `server` answer with the graphs of `workspace`."""

    @server.get("/api/graph/<graph_id>.bin")
    def graph_block(graph_id: str) -> Answer:
        try:
            shown = _graph_source.view(workspace, graph_id)
        except InputError as error:
            abort(404, description=str(error))
        block = _graph_source.block(workspace, shown)
        response = Response(block.content, mimetype="application/octet-stream")
        response.set_etag(block.version)
        response.headers["Cache-Control"] = FOREVER if request.args.get("v") == block.version else ASK_AGAIN
        return response.make_conditional(request)
