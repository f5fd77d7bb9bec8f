"""The specialists: they turn what analyzers find into proposals with a plan for their proof."""
