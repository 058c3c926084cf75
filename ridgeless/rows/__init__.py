"""Risk on rows of any law: what M sampled rows say of training on n of them."""
