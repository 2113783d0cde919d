"""The values that flow through the house: frozen, typed, saved as JSON and loaded back equal."""
