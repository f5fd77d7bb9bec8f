"""The proof: checks on the base and on the patched tree, and what each kind of proposal must show."""
