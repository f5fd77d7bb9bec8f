"""Ambient: a language server that keeps a code base healthy while people work in it."""

__version__ = "0.1.0"
