"""What is wrong with an installation, and the one thing to do about it. A check is one function in a list of CHECKS."""
