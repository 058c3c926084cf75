"""One trial: a problem, its masks, regressions on masked rows and their exact risk."""
