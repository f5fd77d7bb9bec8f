"""Labelled programs, vulnerable and safe twins with the same sinks, and how well security tools tell them apart."""
