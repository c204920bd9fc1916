"""What Prometheus sees: the product itself (instruments), the chain in few numbers (rollups), every check (blocks)."""
