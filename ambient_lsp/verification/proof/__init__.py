"""One prover for each kind of promise that a specialist can make."""
