"""Every tolerance of the test suite, with where it comes from."""

#: Relative error of a part of the risk against 40-digit arithmetic, beside the total. Measured
#: worst case over the table and 2,800 random problems: 5e-14.
RISK = 1e-12
#: The same for identities between two calls, whose inputs differ by roundings.
IDENTITY = 1e-11
#: Relative error of a compressed sum against the sum over all atoms; measured worst 2.2e-15.
COMPRESSION = 5e-15
#: Parts below this share of the total are zeros in disguise and count by the total.
NEGLIGIBLE = 1e-30

#: Relative error of a part, of every front on every case of the table. Measured worst case: 5e-12,
#: of the ratio-aware engine on a plateau of nine decades; without that, 4e-13.
FRONTS = 1e-11

# --- simulations --------------------------------------------------------------------------------

#: Standard errors by which a Monte Carlo mean may miss. Seeds are fixed; for a fresh seed the
#: false-alarm rate per comparison is 6e-5.
MONTE_CARLO_Z = 4.0
#: The same for standard errors that are themselves estimated from 16 trials (Student, 15 degrees
#: of freedom): 1.2e-3.
FALSE_ALARM = 1.2e-3

#: Finite-size term: theory may be off by this over the dimension, relative to the risk. Measured
#: over the table of test_agreement (d = 300, mask ratios up to 0.6): the worst mean is off by
#: 8.0 / d, of which at most 1.6 / d lies beyond the standard errors.
FINITE_SIZE = 15.0

#: Algebra in float64 with condition numbers up to 1e6. Measured worst case: 3e-13,
#: of a min-norm solution with as many rows as features.
LINEAR_ALGEBRA = 1e-11

#: Numbers that summary.csv shows, with ten digits, of trials that agree to LINEAR_ALGEBRA.
PRINTED = 1e-9

#: Sums taken in another order.
ROUNDING = 1e-12

#: Peak memory of trials with n = 4 d, in tables of d x d floats; rows are four. Measured: 12.1 with
#: one mask per sample, 13.3 with infinitely many. At d = 4000, 13.5 of them are 1.61 GiB beside
#: some 0.2 GiB of interpreter and libraries. A second mask adds four tables of masked rows, twice
#: while they are made, and their masks: 9.6.
TABLES, TABLES_PER_MASK = 13.5, 10.0

# --- full covariances ---------------------------------------------------------------------------

#: Against the spectral path where both apply.
SPECTRAL = 1e-10
#: The same over the table of problems, by condition: below 100, and up to 1e9, where the entries of
#: a covariance are rounded by 1e-7 of its smallest eigenvalues. Measured worst: 5e-15, 6e-7.
FRONTS_WELL, FRONTS_ILL = 1e-13, 1e-5
#: Against the dense formulas, iterated and subtracted as written.
DENSE = 1e-8

# --- estimated spectra --------------------------------------------------------------------------

#: Relative error of the predicted prediction error at d = 300 and mask ratios up to 0.5; measured
#: worst over four populations, three sample sizes and four seeds: 0.027.
ESTIMATED_ERROR = 0.03

#: Relative error of what `recommend` predicts with groups, by n/d, at d = 240 and mask ratios up to
#: 0.5, beside the theory of a known covariance, with its own sampling error.
GROUPED_ERROR = {0.7: 0.15, 2.0: 0.05, 10.0: 0.03}

# --- rows left out ------------------------------------------------------------------------------

#: Mean squared error on left-out rows, relative, where the variances' part of the correction is of
#: first order: measured worst over tables of 40 and 60 rows, 6 to 60 features, ratios up to 0.8,
#: with groups too: 0.017. Rows are fitted again where it could be more.
FIRST_ORDER = 0.025
#: The same on masked test inputs, where that part is left out of what masks add: 0.035.
FIRST_ORDER_MASKED = 0.05
#: Regret of a recommended ratio, and its predicted error beside the true one, for rows in copies
#: and in series, mean over six draws: 0.002, and 0.98 to 1.07.
DEPENDENT = 0.1

# --- ratio-aware regression ---------------------------------------------------------------------

#: Relative error of a part of the risk against 40-digit arithmetic. Measured worst case over the
#: table of test_ratio_aware: 3.4e-14; 3.1e-12 within 1e-4 of a threshold of one ratio among others.
RATIO_AWARE = 1e-11
#: The same within 1e-6 of a threshold of one ratio among others: 6.8e-10.
BESIDE_A_THRESHOLD = 1e-8
#: The same on narrow laws and at degrees up to 8: 3.8e-12, with a ridge and next to nothing kept.
NARROW_LAW = 1e-11

# --- closed forms ---------------------------------------------------------------------------------

#: Error of a part relative to the total, of formulas evaluated as SymPy wrote them. Measured worst
#: over 20 random settings of each: 1.7e-14, of K masks per sample.
CLOSED_FORM = 1e-12

# --- best ratios --------------------------------------------------------------------------------

#: Risk of a best ratio, relative, against another front or the limit p -> 0+ taken nearer to 0.
OPTIMUM = 1e-9
#: Risk at the ends of the range around it, relative: what a ratio off by 1e-9 makes.
EDGE = 1e-6

# --- the explorer -------------------------------------------------------------------------------

#: What the page shows beside the package, relative (risks) or absolute (mask ratios). Four
#: digits are shown, which costs up to 5e-4. Measured before rounding, over 4,000 random settings:
#: 6e-6 of a total, 1.1e-4 of a part, 1e-6 of a mask ratio; of a probe, over 360: 2e-8 of a total,
#: 4e-6 of a part, 2e-5 of its best ridge, 1e-4 of a mask ratio where the curve is level.
EXPLORER = 1e-3
#: Parts smaller than this share of their total need not have the digits of the others.
NEGLIGIBLE_SHOWN = 1e-9

# --- validation ---------------------------------------------------------------------------------

#: Relative difference of a data set's predicted risk from that of linear regression on rows drawn
#: from its pool, at 80 columns and 200 rows. Measured worst over two ratios and two test ratios:
#: 0.005.
PREDICTED_RISK = 0.02

# --- masks in training --------------------------------------------------------------------------

#: Largest distance between the share of n draws below a value and the law's, times the root of n:
#: a false alarm has probability 2 exp(-2 c^2) = 9e-5.
KOLMOGOROV = 2.24

# --- trained models -----------------------------------------------------------------------------

#: The same numbers of float32 in another order: padded or dropped, one process or two.
FLOAT32 = {"rtol": 1e-4, "atol": 1e-5}
#: Gradient descent until the gradient is 1e-6 of the first, against the pseudo-inverse.
DESCENT = 1e-4
#: Means and standard deviations of standardised float32.
STANDARDISED = 1e-4

# --- fuzz ---------------------------------------------------------------------------------------

#: Parts of the risk, relative to the total, between fronts and between two ways to ask the same
#: at the extremes of every argument, thresholds within 1e-15 included.
FUZZ, FUZZ_DENSE = 1e-6, 1e-5

# --- the engine of rows ---------------------------------------------------------------------------

#: Risk by features against risk by kernel, relative, and with another start of the iteration.
#: Measured worst case: 8e-13.
ROWS_DUAL = 1e-8
#: Risk against the mean over subsets of n rows, relative, times n: what a deterministic equivalent
#: leaves at 20 to 60 rows, beside the error of the mean. Measured over 24 cases: up to 1.9.
ROWS_FINITE_SIZE = 2.5
#: How far each negative control is off at least, relative.
ROWS_NAIVE = 0.08
#: 32 masks of a sample in place of infinitely many, relative, in 30 samples of 12 features.
#: Measured: 7 % too low.
ROWS_SAMPLED_MASKS = 0.1
#: Units of work of one call, counted; docs/performance.md promises 30 in time. Measured: up to 30.
ROWS_UNITS = 45
#: Peak memory of a call in tables of M P + min(M, P)^2 floats. Measured: 10 and 6.
ROWS_TABLES = 12
#: The same of a sweep, from two populations of 898 images, relative: what their masks and rows
#: leave. Measured worst: 3 %.
ROWS_SWEEP = 0.06
#: K = 4 masks in blocks against their modes as rows of their own, relative, at 60 samples.
ROWS_HELMERT = 0.08

# --- random features ----------------------------------------------------------------------------

#: Parts relative to the total, against 50-digit arithmetic; measured worst 3e-16.
RANDOM_FEATURES = 1e-12
#: Means over a Gaussian, relative, by quadrature beside closed forms; measured worst 4e-15 where
#: the closed form does not cancel.
ACTIVATIONS = 1e-12
#: The same of series of Hermite polynomials whose functions have a kink; measured worst 1e-3.
KINK = 2e-3
#: Figures of studies, of which four digits are known.
FOUR_DIGITS = 1e-4

# --- pretrain, then probe -----------------------------------------------------------------------

#: Maps, representations and risks by two ways, relative or of entries of size one. Measured worst
#: case: 4e-14.
TRANSFER = 1e-12
#: Filters at ratios within 1e-8 of 0 and 1 beside their limits there, and beside matrices whose
#: condition is 1e9. Measured worst case: 2e-8.
TRANSFER_ENDS = 1e-6
#: Bayes' risk beside the probe's with its best ridge, relative. Measured worst case: 2e-10.
TRANSFER_BAYES = 1e-8
#: Monte Carlo of 20 to 60 rows beside 3 standard errors, relative: what is of order 1/n.
TRANSFER_SIZE = 0.05
#: The best ridge, whose risk is flat beside it.
TRANSFER_RIDGE = 1e-3
