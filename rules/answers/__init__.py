"""What is asked of the state: views, why and why not, coverage, the vendor's evidence. Reads only."""
