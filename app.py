"""CLT Lab: `python app.py [--workspace DIR] [--host HOST] [--port PORT]` serves the dashboard on this machine."""

import argparse
import errno
import logging
import os
import socket
import sys
from pathlib import Path

import diskcache
from dash import Dash, DiskcacheManager
from waitress.server import create_server

from clt_core.errors import InputError
from pages import _access, _errors, _graph_route, _services, _shell
from store.workspace import Workspace

ROOT = Path(__file__).resolve().parent
N_THREADS = 8


def create_app(workspace: Workspace) -> Dash:
    """The dashboard on `workspace`, with every page and callback, not yet served."""
    token = _access.access_token(workspace.path)
    app = Dash(
        "app",
        title="CLT Lab",
        update_title=None,  # type: ignore[arg-type]  # Dash documents None as: leave the title alone
        use_pages=True,
        pages_folder=str(ROOT / "pages"),
        assets_folder=str(ROOT / "assets"),
        background_callback_manager=DiskcacheManager(private_cache(workspace.path / "cache")),
        on_error=_errors.report,
        index_string=_shell.INDEX,
        compress=True,
        enable_mcp=False,
        serve_locally=True,
        assets_ignore=r"^head\.js$",
    )
    app.server.config[_services.KEY] = workspace
    app.server.secret_key = _access.derived_key(token, "session")
    app.layout = _shell.layout
    _shell.register(app)
    _graph_route.register_routes(app.server, workspace)
    _access.guard(app.server, token)
    _access.harden(app.server, lambda: list(app.csp_hashes()))
    return app


def private_cache(directory: Path) -> diskcache.Cache:
    """A cache in `directory` that only its owner reads, and that holds JSON: reading a pickle runs what is in it."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory.chmod(0o700)
    return diskcache.Cache(str(directory), disk=diskcache.JSONDisk)


def listener(host: str, port: int) -> socket.socket:
    """A socket bound to `host` and `port`.

    Raises:
        InputError: if the port is taken or may not be used.
    """
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        reason = "is in use" if error.errno == errno.EADDRINUSE else "may not be used without more rights"
        raise InputError(f"port {port} of {host} {reason}: choose another with --port") from error


def serve(arguments: argparse.Namespace) -> None:
    """Serve the dashboard until the process is told to end.

    Raises:
        InputError: if the host, the port or the workspace will not do.
    """
    if not _access.is_loopback(arguments.host):
        raise InputError(
            f"--host must be 127.0.0.1, localhost or ::1, got {arguments.host}: to use the dashboard from another machine, "
            "forward its port with ssh -L"
        )
    if not 1 <= arguments.port <= 65535:
        raise InputError(f"--port must be from 1 to 65535, got {arguments.port}")
    workspace = Workspace.open(arguments.workspace)
    name = f"[{arguments.host}]" if ":" in arguments.host else arguments.host
    address = f"http://{name}:{arguments.port}"
    with workspace.lock_dashboard(address), listener(arguments.host, arguments.port) as bound:
        server = create_server(create_app(workspace).server, sockets=[bound], threads=N_THREADS, ident="")
        sys.stdout.write(f"{address}/?token={_access.access_token(workspace.path)}\n")
        sys.stdout.flush()
        server.run()


def parser() -> argparse.ArgumentParser:
    """The command line of the dashboard."""
    arguments = argparse.ArgumentParser(prog="app.py", description="Serve the CLT Lab dashboard on this machine.")
    arguments.add_argument("--workspace", type=Path, default=Path("workspace"), help="directory of all results (%(default)s)")
    arguments.add_argument("--host", default="127.0.0.1", help="loopback address to listen on (%(default)s)")
    arguments.add_argument("--port", type=int, default=8050, help="port to listen on (%(default)s)")
    return arguments


def main(argv: list[str] | None = None) -> int:
    """Serve the dashboard; 2 if what was asked for cannot be done."""
    arguments = parser().parse_args(argv)
    os.umask(0o077)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    try:
        serve(arguments)
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
