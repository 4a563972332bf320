"""Other systems under citewire's ruler: the same articles, questions, model and embedder; see README.md."""
