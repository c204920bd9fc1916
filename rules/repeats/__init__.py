"""Many repeats are one problem; the change before it and the fix after it. Rule 27."""
