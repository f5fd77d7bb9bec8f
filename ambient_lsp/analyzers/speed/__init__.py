"""Slow code in one text: found in a light syntax tree, and rewritten where it is sure to do the same."""
