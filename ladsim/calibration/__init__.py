"""Fitting the behavior to the record up to the last month of the fit."""
