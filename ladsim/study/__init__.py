"""Running, comparing and judging scenarios."""
