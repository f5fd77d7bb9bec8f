"""Words by their beginnings."""


class Trie:
    """A set of words that answers which begin with something."""

    def __init__(self):
        self._root = {}

    def insert(self, word):
        """Add a word."""
        node = self._root
        for letter in word:
            node = node.setdefault(letter, {})
        node[None] = True

    def contains(self, word):
        """Tell whether the word was added."""
        node = self._find(word)
        return node is not None and None in node

    def starts_with(self, prefix):
        """Tell whether some word begins so."""
        return self._find(prefix) is not None

    def _find(self, text):
        node = self._root
        for letter in text:
            if letter not in node:
                return None
            node = node[letter]
        return node
