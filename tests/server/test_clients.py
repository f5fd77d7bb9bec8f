"""Whole sessions over stdio with pytest-lsp, as the editors' own capability profiles ask for them.

pytest-lsp fails a test when the server sends what the client did not say it understands.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest_lsp
from lsprotocol import types
from lsprotocol.converters import get_converter
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities, make_test_lsp_client

from tests.server.wire import capabilities

SERVER = Path(__file__).parent / "run_server.py"
PROFILES = ("visual-studio-code", "neovim", "emacs", "vscode_1.139", "neovim_0.12")
TEXT = "# é😀\nh = '😀' + md5\n"


def client() -> LanguageClient:
    made = make_test_lsp_client()

    @made.feature(types.WORKSPACE_APPLY_EDIT)
    def apply_edit(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        made.applied = params.edit
        return types.ApplyWorkspaceEditResult(applied=True)

    @made.feature("ambient/status")
    def status(params: Any) -> None:
        made.status = params

    @made.feature("ambient/applied")
    def applied(params: Any) -> None:
        made.outcome = params

    @made.feature(types.CLIENT_REGISTER_CAPABILITY)
    def register(params: types.RegistrationParams) -> None:
        made.registered = params

    return made


def profile(name: str) -> types.ClientCapabilities:
    if name in ("vscode_1.139", "neovim_0.12"):
        return get_converter().structure(capabilities(name), types.ClientCapabilities)
    return client_capabilities(name)


@pytest_lsp.fixture(
    scope="function",
    params=PROFILES,
    config=ClientServerConfig(server_command=[sys.executable, str(SERVER)], client_factory=client),
)
async def editor(lsp_client: LanguageClient, request, tmp_path):
    lsp_client.root = tmp_path
    answer = await lsp_client.initialize_session(
        types.InitializeParams(
            capabilities=profile(request.param),
            client_info=types.ClientInfo(request.param),
            workspace_folders=[types.WorkspaceFolder(tmp_path.as_uri(), "x")],
            initialization_options={"hover": {"enable": True}},
        )
    )
    encoding = answer.capabilities.position_encoding
    lsp_client.units = str(getattr(encoding, "value", encoding))
    yield
    await asyncio.wait_for(lsp_client.shutdown_session(), 10)


async def test_a_session(editor: LanguageClient):
    path = editor.root / "a.py"
    path.write_text(TEXT)
    uri = path.as_uri()
    item = types.TextDocumentItem(uri, "python", 1, TEXT)
    editor.text_document_did_open(types.DidOpenTextDocumentParams(item))
    for _ in range(20):
        await editor.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        if "(fix proven)" in editor.diagnostics[uri][0].message:
            break
    (diagnostic,) = editor.diagnostics[uri]
    assert diagnostic.range.start.character == {"utf-8": 13, "utf-16": 11, "utf-32": 10}[editor.units]

    context = types.CodeActionContext([diagnostic], only=[types.CodeActionKind.QuickFix])
    params = types.CodeActionParams(types.TextDocumentIdentifier(uri), diagnostic.range, context)
    actions = await editor.text_document_code_action_async(params)
    action = next(action for action in actions if "sha256" in action.title)
    if isinstance(action, types.CodeAction) and action.data is not None:
        resolved = await editor.code_action_resolve_async(action)
        assert resolved.edit is not None and (resolved.edit.document_changes or resolved.edit.changes)
    else:
        # Not from the action: lsprotocol takes one with nothing but a command for a bare command, and garbles it.
        argument = {"proposal_id": diagnostic.data["proposal_id"]}
        await editor.workspace_execute_command_async(types.ExecuteCommandParams("ambient.server.applyFix", [argument]))
        for _ in range(100):
            if hasattr(editor, "applied"):
                break
            await asyncio.sleep(0.05)
        assert editor.applied.document_changes or editor.applied.changes
    hover = await editor.text_document_hover_async(
        types.HoverParams(types.TextDocumentIdentifier(uri), diagnostic.range.start)
    )
    assert "bubblewrap" in hover.contents.value
