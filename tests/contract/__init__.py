"""Against what the forges publish about themselves: their descriptions and their emulators."""
