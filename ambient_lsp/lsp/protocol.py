"""The wire: pygls' protocol with the limits of pygls 2.1.1 worked around, each at one place.

`tests/server/test_pygls_limits.py` holds one test per limit that also tries pygls as it is, so that an upgrade tells us
which work-around can go.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, cast

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.protocol import LanguageServerProtocol, lsp_method
from pygls.protocol.json_rpc import MsgId

from ambient_lsp.errors import AmbientError

logger = logging.getLogger(__name__)

QUESTION_SECONDS = 600.0
"""How long a person may think about a question; other replies are machines' and come sooner."""


class AmbientProtocol(LanguageServerProtocol):
    """What pygls does, without what it leaves behind."""

    exit_code: int = 1
    on_exit: Callable[[], object] = staticmethod(lambda: None)
    on_document: Callable[[Any], None] = staticmethod(lambda params: None)
    on_unreadable: Callable[[str, Any], None] = staticmethod(lambda method, params: None)

    # pygls keeps the future of every notification handler for ever (limit 1).
    def _execute_handler(
        self,
        msg_id: MsgId,
        handler: Any,
        callback: Any,
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
    ) -> None:
        super()._execute_handler(msg_id, handler, callback, args, kwargs)
        future = self._request_futures.get(msg_id)
        if future is not None:
            future.add_done_callback(lambda done: self._forget(msg_id, done))

    def _forget(self, msg_id: MsgId, done: Future[Any]) -> None:
        if self._request_futures.get(msg_id) is done:
            del self._request_futures[msg_id]

    # pygls splits lines at form feeds and U+2028 (limit 8) and reads files with universal newlines (limit 9), so the
    # text of a document is kept by `documents.py` and by nobody else.
    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        """Hand the new document over."""
        self.on_document(params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        """Hand the changes over."""
        self.on_document(params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """Hand the closed document over."""
        self.on_document(params)

    # pygls ends with `sys.exit` in a callback, and over stdio always with code 0 (limit 5).
    @lsp_method(types.EXIT)
    def lsp_exit(self, *args: Any) -> None:  # type: ignore[override]
        """End the server; the code is 0 only after `shutdown`, as the specification asks."""
        self.exit_code = 0 if self._shutdown else 1
        self.on_exit()

    def cancel_pending(self) -> None:
        """Cancel everything in flight but the caller. pygls does it over a dict that changes meanwhile (limit 3)."""
        keep = self.msg_id
        for msg_id, future in list(self._request_futures.items()):
            if msg_id != keep and cast("object", future) is not asyncio.current_task():
                future.cancel()

    async def ask(self, method: str, params: Any, seconds: float) -> Any:
        """Send a request to the client and return its reply.

        Raises `TimeoutError` after `seconds`, and `JsonRpcException` for an error reply. pygls has no timeout and keeps
        unanswered futures (limit 7), and a reply after a cancellation raises in its reader (limit 6); here a request
        is forgotten when its asker leaves, whatever the reason.
        """
        future = self.send_request(method, params)
        msg_id = next(key for key, value in reversed(self._request_futures.items()) if value is future)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), seconds)
        finally:
            self._request_futures.pop(msg_id, None)
            self._result_types.pop(msg_id, None)

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Read one message. A request that cannot be read is answered with the error, so nobody waits for it."""
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if "method" in data and isinstance(data.get("id"), str | int):
                self._send_response(data["id"], error=error.to_response_error())
            elif "method" in data:
                self.on_unreadable(str(data["method"]), data.get("params"))
            raise

    def _send_handler_result(self, future: Future[Any], *, msg_id: MsgId) -> None:
        error = None if future.cancelled() else future.exception()
        if isinstance(error, AmbientError):
            # RequestFailed is shown to the user; VS Code swallows ContentModified in silence (client.ts).
            self._request_futures.pop(msg_id, None)
            failed = types.ResponseError(code=int(types.LSPErrorCodes.RequestFailed), message=str(error))
            self._send_response(msg_id, error=failed)
            return
        super()._send_handler_result(future, msg_id=msg_id)
