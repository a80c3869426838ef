"""The knowledge-bowl service: packs, questions and domains."""
