"""What StyleEnforcer finds and puts right: names, docstrings, comments, typos, imports, and ruff's rules."""
