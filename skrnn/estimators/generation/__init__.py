"""Generation of texts, sequences of tokens and piano rolls."""
