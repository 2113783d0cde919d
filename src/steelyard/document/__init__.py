"""Markdown that somebody else wrote: where its pictures are named, and what of it fits into a comment. Pure."""
