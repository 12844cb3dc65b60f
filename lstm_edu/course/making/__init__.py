"""What makes chapters: from a source to its notebook, the limits, copies for a class, the book."""
