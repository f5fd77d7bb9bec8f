"""The road: a trigger comes in, proven proposals come out. `engine.py` is the one door for editors, CLI and CI."""
