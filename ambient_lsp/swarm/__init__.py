"""The batch swarm: one task, many files, each done by itself and all of them checked together."""
