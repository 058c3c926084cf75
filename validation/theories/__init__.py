"""What theories of real rows say of the networks of a folder, on the same tokens and test rows."""
