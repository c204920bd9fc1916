"""What is about many stores is judged at intervals, not at every word of theirs: else each word costs what all do."""

MANY = 50  # stores
INTERVAL = 5.0  # seconds
