"""What RefactorArchitect finds and rewrites: shapes of code, repetition, dead code, design."""
