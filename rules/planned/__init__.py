"""Times in which failures are expected: windows, once or again and again. Rule 25."""
