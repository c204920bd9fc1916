"""Rules taken away, one at a time, to see that the scenarios which show them fail: `./run removals`."""
