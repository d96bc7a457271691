"""The live page: a lever moved, an answer at once, and a finer run behind it. Only this machine can reach it."""
