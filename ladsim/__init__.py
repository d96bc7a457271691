"""ladsim: an agent-based simulator of migration through the Americas and of the policies that act on it."""
