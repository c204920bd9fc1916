"""What people and other systems ask for: commands, each checked, harmless when repeated, refused without a trace."""
