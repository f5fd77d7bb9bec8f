"""What is known about the repository: its files, imports, conventions, current changes and failing logs."""
