"""What is out there: the route graph, the rules of entry, the people and the countries."""
