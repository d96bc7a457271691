"""Policy as data: instruments, the scenario library, and what holds on a day."""
