"""How people decide: the wish, the departure, the way on, the border, and what they believe."""
