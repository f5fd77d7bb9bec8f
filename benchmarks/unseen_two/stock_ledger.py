class StockLedger:
    """Stock of one article, valued first in, first out."""

    def __init__(self):
        self.lots = []

    def receive(self, quantity, unit_cost):
        if quantity <= 0:
            raise ValueError("quantity must be positive")
        self.lots.append([quantity, unit_cost])

    def on_hand(self):
        return sum(quantity for quantity, _ in self.lots)

    def issue(self, quantity):
        """Take goods out and return what they had cost."""
        if quantity > self.on_hand():
            raise ValueError("not enough stock")
        cost = 0
        while quantity > 0:
            lot = self.lots[0]
            taken = min(quantity, lot[0])
            cost += taken * lot[1]
            quantity -= taken
            lot[0] -= taken
            if lot[0] == 0:
                self.lots.pop(0)
        return cost
