"""The server: which method is answered by which function, and how it starts and ends."""

from __future__ import annotations

import asyncio
import gc
import importlib
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.protocol import default_converter

import ambient_lsp
from ambient_lsp.lsp import actions, commands, configuration, inline
from ambient_lsp.lsp.capabilities import support_of
from ambient_lsp.lsp.protocol import AmbientProtocol
from ambient_lsp.lsp.session import Session
from ambient_lsp.lsp.transport import serve_stdio, serve_tcp, take_stdio
from ambient_lsp.lsp.workspaces import EngineFactory, file_of

if TYPE_CHECKING:
    from ambient_lsp.engine.engine import Engine

logger = logging.getLogger(__name__)

GRACE = 2.0
"""Seconds that running work gets to end."""

HARD_LIMIT = 5.0
"""Seconds after which the process ends whatever still runs."""

_PARENT_CHECK = 3.0


class AmbientServer(LanguageServer):
    """pygls' server with our protocol and one session."""

    protocol: AmbientProtocol

    def __init__(self, engine_factory: EngineFactory, converter_factory: Callable[[], Any]) -> None:
        super().__init__(
            "ambient", ambient_lsp.__version__, protocol_cls=AmbientProtocol, converter_factory=converter_factory
        )
        self.engine_factory = engine_factory
        self._session: Session | None = None
        self.folders: list[str] = []
        self.unannounced: list[str] = []
        self.closed = False

    @property
    def session(self) -> Session:
        """The client's session; there is none before `initialize`."""
        if self._session is None:
            raise RuntimeError("the client has not sent `initialize`")
        return self._session

    def begin(self, params: types.InitializeParams) -> None:
        """Make the session; nothing of it runs yet."""
        options = params.initialization_options
        said = options.get("trusted") if isinstance(options, dict) else None
        trusted = said if isinstance(said, bool) else None
        settings, _ = configuration.parse(options)
        self._session = Session(
            self.protocol, self.engine_factory, support_of(params), trusted=trusted, settings=settings
        )
        self.protocol.on_document = self._session.document_event
        self.protocol.on_unreadable = self._session.lost
        roots = [folder.uri for folder in params.workspace_folders or ()]
        if not roots and params.root_uri:
            roots = [params.root_uri]
        elif not roots and params.root_path:
            roots = [Path(params.root_path).as_uri()]
        self.folders = roots

    async def end(self) -> None:
        """Close the session, once; nothing takes longer than `HARD_LIMIT`."""
        if self._session is None or self.closed:
            return
        self.closed = True
        try:
            await asyncio.wait_for(self._session.close(GRACE), HARD_LIMIT)
        except TimeoutError:
            logger.error("some work did not end in %s s and was left", HARD_LIMIT)

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Write to the log. pygls would show a message box for every fault (limit 13)."""
        logger.error("%s: %s", getattr(source, "__name__", source), error)


def create_server(
    engine_factory: EngineFactory, converter_factory: Callable[[], Any] = default_converter
) -> AmbientServer:
    """Return a server that opens the engines of its folders with `engine_factory`.

    `converter_factory` makes what reads and writes messages; whoever makes many servers can let them share one.
    """
    server = AmbientServer(engine_factory, converter_factory)
    _lifecycle(server)
    _documents(server)
    _actions(server)
    commands.register(server)
    return server


def _lifecycle(server: AmbientServer) -> None:
    @server.feature(types.INITIALIZE)
    def initialize(ls: AmbientServer, params: types.InitializeParams) -> None:
        ls.begin(params)
        announced = inline.fixed(ls.session, ls.session.settings.start)
        _inline(ls, announced)
        ls.unannounced = [method for method in inline.METHODS if method not in announced]

    @server.feature(types.INITIALIZED)
    async def initialized(ls: AmbientServer, params: types.InitializedParams) -> None:
        _inline(ls, ls.unannounced)
        ls.session.start(ls.folders)
        gc.collect()
        gc.freeze()  # what was made until now stays until the end
        gc.enable()
        if ls.process_id:
            ls.session.spawn(_watch_parent(ls, ls.process_id))

    @server.feature(types.SHUTDOWN)
    async def shutdown(ls: AmbientServer, params: None) -> None:
        # Before pygls cancels its futures, so that nothing is in flight then (limit 3).
        ls.protocol.cancel_pending()
        await ls.end()

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    async def folders_changed(ls: AmbientServer, params: types.DidChangeWorkspaceFoldersParams) -> None:
        await ls.session.change_folders(
            [path for folder in params.event.added if (path := file_of(folder.uri)) is not None],
            [path for folder in params.event.removed if (path := file_of(folder.uri)) is not None],
        )

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def configuration_changed(ls: AmbientServer, params: types.DidChangeConfigurationParams) -> None:
        if ls.session.support.pulls_configuration:
            await ls.session.settings.pull()
        elif isinstance(params.settings, dict):
            await ls.session.settings.push(params.settings.get("ambient"))

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def files_changed(ls: AmbientServer, params: types.DidChangeWatchedFilesParams) -> None:
        touched = {place[0] for event in params.changes if (place := ls.session.workspaces.of(event.uri)) is not None}
        for workspace in touched:
            await ls.session.check_config(workspace)

    @server.feature(types.WINDOW_WORK_DONE_PROGRESS_CANCEL)
    def progress_cancelled(ls: AmbientServer, params: types.WorkDoneProgressCancelParams) -> None:
        ls.session.progress.cancelled(params.token)


def _documents(server: AmbientServer) -> None:
    # A sync handler: the text is frozen before the next message is read (async ones interleave). The text comes along,
    # so that an editor that counts in other units than it says is noticed: the file on the disk tells nothing, because
    # formatters write there, and Emacs shows other line endings than are in it.
    @server.feature(types.TEXT_DOCUMENT_DID_SAVE, types.SaveOptions(include_text=True))
    def did_save(ls: AmbientServer, params: types.DidSaveTextDocumentParams) -> None:
        ls.session.saved(params.text_document.uri, params.text)


def _actions(server: AmbientServer) -> None:
    kinds = [types.CodeActionKind.QuickFix, *actions.KINDS]
    # pygls says only `true` unless it is told (limit 10).
    options = types.CodeActionOptions(code_action_kinds=kinds, resolve_provider=True)

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)
    def code_action(ls: AmbientServer, params: types.CodeActionParams) -> list[actions.Action]:
        return actions.look_up(ls.session, params)

    @server.feature(types.CODE_ACTION_RESOLVE)
    def resolve(ls: AmbientServer, params: types.CodeAction) -> types.CodeAction:
        return actions.resolve(ls.session, params)


def _hover(ls: AmbientServer, params: types.HoverParams) -> types.Hover | None:
    return inline.hover(ls.session, params)


def _code_lens(ls: AmbientServer, params: types.CodeLensParams) -> list[types.CodeLens]:
    return inline.lenses(ls.session, params)


def _inline(server: AmbientServer, methods: Iterable[str]) -> None:
    """Answer these methods. Those that are known before `initialize` is answered are announced in that answer."""
    if types.TEXT_DOCUMENT_HOVER in methods:
        server.feature(types.TEXT_DOCUMENT_HOVER)(_hover)
    if types.TEXT_DOCUMENT_CODE_LENS in methods:
        server.feature(types.TEXT_DOCUMENT_CODE_LENS, types.CodeLensOptions(resolve_provider=False))(_code_lens)


async def _watch_parent(ls: AmbientServer, process_id: int) -> None:
    """End the server when the editor is gone; pygls 2 does not look (limit 15)."""
    import psutil

    try:
        parent = psutil.Process(process_id)
    except psutil.Error:
        parent = None
    # No event tells that a process which is not our child has ended.
    while parent is not None and parent.is_running() and parent.status() != psutil.STATUS_ZOMBIE:  # noqa: ASYNC110
        await asyncio.sleep(_PARENT_CHECK)
    logger.warning("the editor (process %s) is gone", process_id)
    ls.protocol.on_exit()


async def open_engine(root: Path, trusted: bool) -> Engine:
    """Open the real engine of a folder. Loaded here, so that `initialize` is answered before, and in a thread."""
    module = await asyncio.to_thread(importlib.import_module, "ambient_lsp.engine.engine")
    engine: Engine = await module.Engine.open(root, trusted=trusted)
    return engine


def main(
    transport: Literal["stdio", "tcp"] = "stdio",
    host: str = "127.0.0.1",
    port: int = 0,
    log_level: str = "WARNING",
    *,
    engine_factory: EngineFactory = open_engine,
) -> NoReturn:
    """Run the server until its client ends it, and end the process with 0 after a proper `shutdown`, else 1."""
    logging.basicConfig(
        level=log_level.upper(), stream=sys.stderr, format="%(asctime)s %(name)s %(levelname)s %(message)s"
    )
    # At INFO pygls logs the whole of every message, the user's text included (limit 13).
    logging.getLogger("pygls").setLevel(logging.WARNING)
    descriptors = take_stdio() if transport == "stdio" else None
    server = create_server(engine_factory)
    code = asyncio.run(_serve(server, descriptors, host, port))
    # Threads of our own may still wait, for a client that never closes its end or for a disk.
    sys.stderr.flush()
    os._exit(code)


async def _serve(server: AmbientServer, descriptors: tuple[int, int] | None, host: str, port: int) -> int:
    try:
        if descriptors is not None:
            await serve_stdio(server.protocol, *descriptors, server.report_server_error)
        else:
            await serve_tcp(server.protocol, host, port, server.report_server_error)
    finally:
        last_resort = threading.Timer(HARD_LIMIT + 1, os._exit, (1,))
        last_resort.daemon = True
        last_resort.start()
        await server.end()
    return server.protocol.exit_code
