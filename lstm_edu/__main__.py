"""python -m lstm_edu: the same as the command lstm-edu."""

from lstm_edu.cli import main

if __name__ == "__main__":
    main()
