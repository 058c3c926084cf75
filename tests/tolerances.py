"""Every tolerance of the test suite, with where it comes from."""

#: Relative error of a part of the risk against 40-digit arithmetic, beside the total. Measured
#: worst case over the table and 3,000 random problems: 8e-14.
RISK = 1e-12
#: The same for identities between two calls, whose inputs differ by roundings.
IDENTITY = 1e-11
#: Relative error of a compressed sum against the sum over all atoms; measured worst 9e-15.
COMPRESSION = 1e-14
#: Parts below this share of the total are zeros in disguise and count by the total.
NEGLIGIBLE = 1e-30
