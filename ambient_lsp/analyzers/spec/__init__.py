"""What a function promises: its types, its docstring, the examples in it, and the laws that its name stands for."""
