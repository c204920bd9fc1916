"""How much it hurts: what a store can still do, how urgent that is, which priority follows. Rules 6 to 10, 24."""
