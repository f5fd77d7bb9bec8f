"""Changes to text: the normal form, reading foreign diffs, safe paths, re-anchoring, writing files."""
