"""Rewrites of single places in a file with libcst: formatting and comments stay, imports are added and removed."""
