"""The parts of scripts/build_data.py: each module builds a few of the packaged tables."""
