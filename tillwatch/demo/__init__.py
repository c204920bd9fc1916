"""A small chain to look at: one store with real sockets for its devices, many simulated ones, and scripted faults.

Only devices, stores and faults are made here. What watches them is the product as it ships: start at demo/run.py.
"""
