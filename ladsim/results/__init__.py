"""What a run leaves: tables, intervals, folders, and where they come from."""
