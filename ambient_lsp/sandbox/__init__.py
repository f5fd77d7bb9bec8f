"""Where code of the repository runs: the policy, the backends, the project's own environment."""
