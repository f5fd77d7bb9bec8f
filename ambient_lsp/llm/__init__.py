"""Talking to a model host: requests, streams, limits, replies, and a fake host for tests and trying out."""
