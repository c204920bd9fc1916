"""Help desks: the outbox on its way to tickets, and what people do there on its way back. Decides nothing."""
