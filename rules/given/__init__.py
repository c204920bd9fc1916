"""What people wrote down: the CMDB, the policy, calendars and hours, and what all of it says together."""
