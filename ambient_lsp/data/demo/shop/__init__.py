"""A small shop, with one problem of each kind planted in it."""
