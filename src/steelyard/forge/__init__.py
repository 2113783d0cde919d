"""Where code review happens: one interface, one file per forge."""
