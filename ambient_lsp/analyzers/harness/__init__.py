"""Scripts that run inside the sandbox. Each stands alone: the standard library only, nothing of ours."""
