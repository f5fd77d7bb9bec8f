"""Git: the current content as a tree, checkouts outside the repository, proposals as commits."""
