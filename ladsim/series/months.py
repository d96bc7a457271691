"""The months that the behavior is fitted to; later ones judge it."""

from __future__ import annotations

FIRST_FITTED, LAST_FITTED = "2021-03", "2024-05"
"""First and last month of the fit; earlier ones warm the model up, later ones are for validation."""
