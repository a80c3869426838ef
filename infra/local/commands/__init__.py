"""The grammar of `./unamentis`, one module for each group of commands, and what each command calls."""
