"""The memory of one repository, in `.ambient/state.db`."""
