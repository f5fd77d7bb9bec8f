"""The model half of the specialists: what they are told, what they answer, and what they make of each other's."""
