"""What agents and the collector say to each other, and the words both use for it. Imports nothing of ours."""
