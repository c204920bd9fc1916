"""From the CMDB to the agents: who asks what, their files, the inventory that brings them, the broker's ACL."""
