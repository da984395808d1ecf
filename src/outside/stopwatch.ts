// Measures durations, which no change of the clock disturbs.

/** Starts a measurement. @returns a function that gives the milliseconds since then, with fractions */
export function stopwatch(): () => number {
  const began = performance.now()
  return () => performance.now() - began
}
