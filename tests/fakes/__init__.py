"""Small real implementations of the seams, for tests that are not about the real ones."""
