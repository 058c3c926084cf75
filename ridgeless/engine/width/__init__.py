"""Random features: a third operator, and width as one more ridge."""
