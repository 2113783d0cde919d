"""One use case a file: what a command does, once its arguments are parsed."""
