"""`python -m citycard.config.command`: the command, where its script isn't on the path."""

from citycard.config.command import main

if __name__ == "__main__":
    main()
