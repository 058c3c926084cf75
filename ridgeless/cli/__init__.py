"""The command line of the theory, and the files that all command lines read and write alike."""
