"""The front door: the command line, everything in one process (`up`), and a simulated chain (`demo`)."""
