"""Studies whose pages in docs/studies are made by running them."""
