"""One file a kind, named like the kind. Imported one by one, when a check of that kind is configured."""
