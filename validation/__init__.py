"""Do trained networks follow the curve? MLP, CNN and Transformer models on masked inputs."""
