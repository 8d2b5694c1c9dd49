"""The parts of the translator: what stands on its two sides, and its examples."""
