"""How an incident goes from opening to end: phases, clocks, escalation, restore, ledger. Rules 16 to 22, 26, 30."""
