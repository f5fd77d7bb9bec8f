class UndoHistory:
    def __init__(self, text="", limit=100):
        self.text = text
        self.limit = limit
        self._undo = []
        self._redo = []

    def change(self, text):
        if text == self.text:
            return
        self._undo.append(self.text)
        del self._undo[:-self.limit]
        self._redo.clear()
        self.text = text

    def undo(self):
        if self._undo:
            self._redo.append(self.text)
            self.text = self._undo.pop()
        return self.text

    def redo(self):
        if self._redo:
            self._undo.append(self.text)
            self.text = self._redo.pop()
        return self.text
