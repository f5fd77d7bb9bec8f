"""Opening a file in the editor, where it does that for a server."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException

if TYPE_CHECKING:
    from ambient_lsp.lsp.session import Session

logger = logging.getLogger(__name__)

_ANSWER = 30.0


async def show_document(session: Session, uri: str, place: types.Range | None = None) -> bool:
    """Open a file, at a place; tell whether the editor did."""
    if not session.support.shows_documents:
        return False
    params = types.ShowDocumentParams(uri, take_focus=True, selection=place)
    try:
        answer = await session.protocol.ask(types.WINDOW_SHOW_DOCUMENT, params, _ANSWER)
    except (TimeoutError, JsonRpcException) as error:
        logger.info("a file was not shown: %r", error)
        return False
    return bool(getattr(answer, "success", False))
