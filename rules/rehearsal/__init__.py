"""Policies tried before they are used: scenarios, checks, and yesterday's journal under another policy."""
