"""The commands, one file for each group; `lstm_edu.cli` puts them together."""
