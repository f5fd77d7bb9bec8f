"""The local log of what happened, one JSON line an event."""
