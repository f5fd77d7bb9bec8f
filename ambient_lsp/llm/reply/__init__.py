"""From the text of a reply to edits: cut into parts as it arrives, put together to drafts, fitted onto the files."""
