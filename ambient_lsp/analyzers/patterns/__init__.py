"""Security weaknesses that one place in the code shows by itself, as tables: one module for each area."""
