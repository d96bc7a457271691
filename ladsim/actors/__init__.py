"""The actors: countries, smuggling networks, queues, and the Mesa face of the migrants."""
