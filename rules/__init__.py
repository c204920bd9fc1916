"""What health means for the business: pure functions over facts, a policy and the CMDB. No clock, no I/O, no chance.

Start reading at rules/engine.py; what goes in is in rules/entries.py, what comes out in rules/decision.py.
"""
