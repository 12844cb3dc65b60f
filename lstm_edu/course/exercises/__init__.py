"""The checks of the chapters' exercises: chNN.py holds those of chapter NN, and is imported at its first check."""
