"""
Pictures that somebody else drew, made fit to be shown: decoded, bounded, and written anew.

What training left, what a bundle or a comment's Markdown brings along is a file of which only the name is known. What
comes out of `clean` is a PNG, JPEG or SVG file of ours: no metadata, nothing behind the image's end, no script, no
address of another place. A picture that cannot be read that way is refused, with a reason.
"""

from steelyard.pictures.cleaning import clean
from steelyard.pictures.picture import MAX_BYTES, MAX_PICTURES, MAX_PIXELS, MAX_SIDE, SUFFIXES, Picture

__all__ = ["MAX_BYTES", "MAX_PICTURES", "MAX_PIXELS", "MAX_SIDE", "SUFFIXES", "Picture", "clean"]
