"""What people and programs see of the collector: incidents, stores, events, the console. It decides nothing."""
