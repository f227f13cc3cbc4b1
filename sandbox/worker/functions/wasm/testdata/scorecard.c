// A scorecard: points for visits and spend, and a factor for the region.
double score(long long visits, double spend, int region) {
  // The place among the declared values, ["north", "south"]; -1 for any other text.
  static const double factors[] = {1.5, 0.75};
  double factor = region >= 0 ? factors[region] : 1.0;
  double points = visits > 10 ? 40.0 : 4.0 * visits;
  return factor * (points + 0.1 * spend);
}
