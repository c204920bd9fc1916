"""Small defects put into the rules, one at a time, to see whether the tests notice: `./run mutate`."""
