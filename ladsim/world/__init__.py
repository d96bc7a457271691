"""What is out there before anybody moves: places, ways, people, countries."""
