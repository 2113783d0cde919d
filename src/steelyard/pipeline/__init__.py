"""The stages, wired: what the commands share. Siblings below do not know each other; here they meet."""
