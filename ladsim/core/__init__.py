"""What every part of ladsim stands on: errors, closed lists, paths, random numbers, strict YAML."""
