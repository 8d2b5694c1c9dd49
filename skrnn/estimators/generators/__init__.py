"""The parts of the generator: what it reads, its tokens or keys, and its examples."""
