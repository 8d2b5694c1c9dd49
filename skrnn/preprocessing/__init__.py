"""What is done to sequences before a network sees them."""
