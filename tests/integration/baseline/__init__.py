"""The baseline package against real git: repositories, bare remotes on disk, and git's own HTTP server."""
