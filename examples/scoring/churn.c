// The same as churn.js, as a WebAssembly module of its own: nothing is imported, not even a logarithm.
//
//   zig cc -target wasm32-freestanding -O2 -nostdlib -Wl,--no-entry -Wl,--export=score -s churn.c -o churn.wasm
//
// An integer comes as 64 bits, a number as a double, a text as its place among those of the signature, -1 for others.

static const double intercept = 1.6;
static const double per_visit = -1.9;
static const double per_hundred_spent = -2.4;
static const double of_coupon = -0.3;

// e to the power of x, for the small x of a logistic regression: (1 + x / 1024) to the power of 1024, corrected.
static double power_of_e(double x) {
  double part = x / 1024;
  double near = 1 + part + part * part / 2 + part * part * part / 6;
  for (int doubling = 0; doubling < 10; doubling++) near *= near;
  return near;
}

double score(long long visit, double spend, int arm) {
  double sum = intercept + per_visit * visit + per_hundred_spent * spend / 100 + (arm == 0 ? of_coupon : 0);
  return 1 / (1 + power_of_e(-sum));
}
