"""The command line of the theory, and the reader of tables that all command lines share."""
