"""The kinds of lever, one file each: terms, their bounds and meaning, checks, and the effect on the rules of a day."""
