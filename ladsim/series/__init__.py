"""Monthly series, observed and simulated side by side."""
