"""Classes and slices: where a difference comes from."""
