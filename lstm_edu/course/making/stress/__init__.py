"""Claims under stress: a chapter's central experiments over rates, budgets and fresh seeds, into one tidy table.

`experiment` says what one is, `engine` runs them, `evidence` keeps and checks the table, `training` is what most of
them train with, and chNN.py holds those of chapter NN.
"""
