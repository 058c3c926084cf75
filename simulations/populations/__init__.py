"""Where rows come from: laws of rows, real data, and their names."""
