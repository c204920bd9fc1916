"""What was missed and is told later is judged as if it had been heard in time. Rule 21."""
