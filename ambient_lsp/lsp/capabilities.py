"""What the client can do, asked once and kept as plain booleans."""

from __future__ import annotations

from dataclasses import dataclass

from lsprotocol import types
from pygls.capabilities import ServerCapabilitiesBuilder, get_capability

from ambient_lsp.text import PositionEncoding


@dataclass(frozen=True, slots=True)
class ClientSupport:
    """One field per question that the rest of the server asks."""

    name: str = "editor"
    encoding: PositionEncoding = "utf-16"
    confirms_edits: bool = False
    versioned_edits: bool = False
    creates_files: bool = False
    renames_files: bool = False
    deletes_files: bool = False
    applies_edits: bool = False
    knows_refactorings: bool = False
    action_literals: bool = False
    disabled_actions: bool = False
    preferred_actions: bool = False
    resolves_edits: bool = False
    progress: bool = False
    shows_documents: bool = False
    pulls_configuration: bool = False
    registers_configuration: bool = False
    registers_watchers: bool = False
    related_information: bool = False
    code_description: bool = False
    diagnostic_data: bool = False
    hovers: bool = False
    registers_hovers: bool = False
    lenses: bool = False
    registers_lenses: bool = False
    refreshes_lenses: bool = False


def support_of(params: types.InitializeParams) -> ClientSupport:
    """Return what a client said of itself."""
    caps = params.capabilities

    def has(path: str) -> bool:
        return bool(get_capability(caps, path, False))

    operations = set(get_capability(caps, "workspace.workspace_edit.resource_operations", None) or ())
    resolvable = get_capability(caps, "text_document.code_action.resolve_support.properties", None) or ()
    encoding = str(getattr(chosen := ServerCapabilitiesBuilder.choose_position_encoding(caps), "value", chosen))
    return ClientSupport(
        name=params.client_info.name if params.client_info else "editor",
        encoding=encoding,  # type: ignore[arg-type] # one of the three, by the builder's own list
        confirms_edits=get_capability(caps, "workspace.workspace_edit.change_annotation_support", None) is not None,
        # Neovim up to 0.11 handles documentChanges, but says only that it knows resource operations.
        versioned_edits=has("workspace.workspace_edit.document_changes") or bool(operations),
        creates_files=types.ResourceOperationKind.Create in operations,
        renames_files=types.ResourceOperationKind.Rename in operations,
        deletes_files=types.ResourceOperationKind.Delete in operations,
        applies_edits=has("workspace.apply_edit"),
        knows_refactorings=has("workspace.workspace_edit.metadata_support"),
        action_literals=get_capability(caps, "text_document.code_action.code_action_literal_support", None) is not None,
        disabled_actions=has("text_document.code_action.disabled_support"),
        preferred_actions=has("text_document.code_action.is_preferred_support"),
        resolves_edits="edit" in resolvable and has("text_document.code_action.data_support"),
        progress=has("window.work_done_progress"),
        shows_documents=has("window.show_document.support"),
        pulls_configuration=has("workspace.configuration"),
        registers_configuration=has("workspace.did_change_configuration.dynamic_registration"),
        registers_watchers=has("workspace.did_change_watched_files.dynamic_registration"),
        related_information=has("text_document.publish_diagnostics.related_information"),
        code_description=has("text_document.publish_diagnostics.code_description_support"),
        diagnostic_data=has("text_document.publish_diagnostics.data_support"),
        hovers=get_capability(caps, "text_document.hover", None) is not None,
        registers_hovers=has("text_document.hover.dynamic_registration"),
        lenses=get_capability(caps, "text_document.code_lens", None) is not None,
        registers_lenses=has("text_document.code_lens.dynamic_registration"),
        refreshes_lenses=has("workspace.code_lens.refresh_support"),
    )
