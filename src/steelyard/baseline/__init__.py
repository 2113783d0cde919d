"""Which commit a change is compared with, and the stores that keep Evaluations: one interface, one file per store."""
