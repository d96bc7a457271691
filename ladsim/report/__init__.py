"""Tables, figures and the map."""
