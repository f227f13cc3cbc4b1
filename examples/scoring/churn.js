// How likely a person is to stay away, from 0 to 1: a logistic regression, as any tool for statistics fits one.
//
//   --parameter 'visit integer' --parameter 'spend number' --parameter 'arm text(coupon,control)'
//   --returns 'number(3) between 0 and 1'

const INTERCEPT = 1.6;
const PER_VISIT = -1.9;
const PER_HUNDRED_SPENT = -2.4;

function ofArm(arm) {
  return arm === 'coupon' ? -0.3 : 0;
}

export function score(visit, spend, arm) {
  const sum = INTERCEPT + PER_VISIT * visit + (PER_HUNDRED_SPENT * spend) / 100 + ofArm(arm);
  return 1 / (1 + Math.exp(-sum));
}
