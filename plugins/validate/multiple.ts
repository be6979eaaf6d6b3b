/** Twice what the two numbers and their quotient are rounded by: 1234567.89 is a multiple of 0.01. */
const ROUNDING = 4 * Number.EPSILON;

/** Whether the quotient is whole (JSON Schema 2020-12 §6.2.1), of numbers that stand for what was written with a decimal point. */
export function isMultipleOf(value: number, divisor: number): boolean {
  const quotient = value / divisor;
  return Number.isFinite(quotient) && Math.abs(quotient - Math.round(quotient)) <= Math.abs(quotient) * ROUNDING;
}
