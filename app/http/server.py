"""Server: one uvicorn, or several workers behind one socket, bounded, quiet, and drained on SIGTERM."""

import gc
import logging
import math
import multiprocessing
import multiprocessing.connection
import os
import resource
import signal
import socket
import threading
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Final

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn import Config, Server
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from app import services, settings, telemetry
from app.http import asgi
from app.http.client_address import Proxies
from app.http.protocol import BoundedProtocol, Bounds

_BACKLOG: Final = 2_048
# Connections are files; some are kept for the database and whatever else a process opens.
_FILES_WANTED: Final = 65_536
_FILES_KEPT: Final = 256
_LOOK_SECONDS: Final = 0.1
_ANSWER_SECONDS: Final = 60.0
# A worker that is slow to start, or busy, is no dead one; uvicorn's five seconds ended such workers again and again.
_HEALTH_SECONDS: Final = 20
# Objects made before the collector looks for cycles among them, and how often it looks further back.
_YOUNG_OBJECTS: Final = 50_000
_YOUNG_TO_MIDDLE: Final = 20
_MIDDLE_TO_OLD: Final = 50

BuildApp = Callable[[settings.Settings], Starlette]
Started = Callable[[str, int], None]


class ServeError(Exception):
    """The server cannot run; the message is one sentence for the operator."""


def serve(
    chosen: settings.Settings, *, started: Started = lambda _host, _port: None, build: BuildApp = asgi.create_app
) -> None:
    """Serve until SIGTERM or SIGINT, then drain and return; raises ServeError where it cannot start.

    `started` is told the address and the port once requests are answered there.
    """
    telemetry.configure(chosen.log_level, chosen.log_format)
    with listen(chosen.host, chosen.port) as listener:
        told = _told_once(started, chosen.host, listener.getsockname()[1])
        if chosen.workers > 1:
            _serve_by_workers(chosen, listener, told)
        else:
            _serve_alone(chosen, listener, told, build)


def _told_once(started: Started, host: str, port: int) -> Callable[[], None]:
    return lambda: started(host, port)


def _serve_alone(
    chosen: settings.Settings, listener: socket.socket, started: Callable[[], None], build: BuildApp
) -> None:
    try:
        app = QuietLifespan(build(chosen))
    except services.Fault as fault:
        raise ServeError(fault.message) from None
    # uvicorn repeats the signal that stopped it once it has drained; being drained is all that was asked.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    try:
        _AnnouncingServer(_config(chosen, app), started).run(sockets=[listener])
    except SystemExit:
        # uvicorn's way to say that the application did not start.
        raise ServeError(app.refusal or "The server could not start.") from None


class _AnnouncingServer(Server):
    """uvicorn's server, which tells when it has begun to answer."""

    def __init__(self, config: Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._tell()


def listen(host: str, port: int) -> socket.socket:
    """Return a socket listening on the address; raises ServeError where it is taken or does not exist."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        reason = (error.strerror or str(error)).lower()
        raise ServeError(f"Cannot listen on {host}:{port}: {reason}.") from None
    return listener


def worker_app() -> ASGIApp:
    """Build the application from the environment, as each worker process does."""
    chosen = settings.load()
    telemetry.configure(chosen.log_level, chosen.log_format)
    _bound_protocol(chosen)
    threading.Thread(target=_stop_after_supervisor, daemon=True).start()
    return QuietLifespan(asgi.create_app(chosen), logs=True)


def _stop_after_supervisor() -> None:
    # Left alone by a supervisor that was killed, a worker would keep the port from the next one.
    supervisor = multiprocessing.parent_process()
    if supervisor is not None:
        multiprocessing.connection.wait([supervisor.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)


def _serve_by_workers(chosen: settings.Settings, listener: socket.socket, started: Callable[[], None]) -> None:
    # Workers are new processes, which read the same settings from their environment.
    os.environ.update(chosen.environment())
    supervisor = Multiprocess(_config(chosen, f"{__name__}:{worker_app.__name__}"), sockets=[listener])
    threading.Thread(target=_tell_when_answered, args=(supervisor, listener, started), daemon=True).start()
    supervisor.run()
    if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
        raise ServeError("The workers could not start; the log says why.")


def _tell_when_answered(supervisor: Multiprocess, listener: socket.socket, started: Callable[[], None]) -> None:
    host, port = listener.getsockname()[:2]
    while not supervisor.should_exit.wait(_LOOK_SECONDS):
        connection = HTTPConnection(host, port, timeout=_ANSWER_SECONDS)
        try:
            connection.request("GET", "/livez")
            connection.getresponse().read()
        except OSError:
            continue
        finally:
            connection.close()
        started()
        return


def _config(chosen: settings.Settings, app: ASGIApp | str) -> Config:
    _bound_protocol(chosen)
    return Config(
        app,
        factory=isinstance(app, str),
        workers=chosen.workers,
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=_BACKLOG,
        timeout_keep_alive=math.ceil(chosen.idle_seconds_max),
        timeout_worker_healthcheck=_HEALTH_SECONDS,
        timeout_graceful_shutdown=math.ceil(chosen.shutdown_seconds),
    )


def _bound_protocol(chosen: settings.Settings) -> None:
    # uvicorn makes its protocols itself, so that their bounds can only be given to the class.
    BoundedProtocol.bounds = Bounds(
        header_bytes_max=chosen.header_bytes_max,
        header_seconds_max=chosen.header_seconds_max,
        body_seconds_max=chosen.body_seconds_max,
        write_seconds_max=chosen.write_seconds_max,
        connections_max=min(chosen.connections_max, max(_files_max() - _FILES_KEPT, 1)),
        client_connections_max=chosen.client_connections_max,
        proxies=Proxies(chosen.trusted_proxies),
    )


def _files_max() -> int:
    """Return how many files this process may open, once it may open as many as it is allowed to allow itself."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES_WANTED if hard == resource.RLIM_INFINITY else min(hard, _FILES_WANTED)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(soft, wanted)


class QuietLifespan:
    """Starts and stops an application; why it did not start stands in `refusal` or the log, not in a traceback."""

    def __init__(self, app: Starlette, *, logs: bool = False) -> None:
        self._app = app
        self._logs = logs
        self.refusal = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle the lifespan here and pass on everything else."""
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        phase = "startup"
        await receive()
        try:
            async with self._app.router.lifespan_context(self._app):
                _spare_the_collector()
                await send({"type": "lifespan.startup.complete"})
                await receive()
                phase = "shutdown"
        except Exception as error:  # noqa: BLE001 - it is logged, and told in one sentence
            self.refusal = _sentence_of(error)
            if self._logs or phase == "shutdown":
                telemetry.warn(telemetry.SERVER, f"{phase} failed", reason=self.refusal)
            # uvicorn would only add that it exits.
            logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
            await send({"type": f"lifespan.{phase}.failed", "message": ""})
        else:
            await send({"type": "lifespan.shutdown.complete"})


def _spare_the_collector() -> None:
    """Look for cycles seldom, and never among what lives as long as the process: nearly all of our values have none.

    By default a batch of a few hundred commands had the whole heap walked: a third of the writer's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS, _YOUNG_TO_MIDDLE, _MIDDLE_TO_OLD)


def _sentence_of(error: Exception) -> str:
    if isinstance(error, services.Fault):
        return error.message
    return f"Unexpected error, see the log for {telemetry.unexpected(error, where='starting or stopping')}."
