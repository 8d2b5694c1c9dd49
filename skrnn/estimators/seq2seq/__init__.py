"""Sequence-to-sequence models: the translator, and the codecs of its two sides."""
