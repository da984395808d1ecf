// The assurance levels that sign-ins reach.

/** The level that a password reaches: the highest here. */
export const REACHABLE_AAL = 1
