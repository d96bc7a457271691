"""The simulation: one day, phase by phase."""
