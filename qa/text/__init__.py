"""Pure text work on character offsets: normalising, sentences, passages, and signs of garbled letters."""
