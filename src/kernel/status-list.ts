// The bounds of a Token Status List (draft-ietf-oauth-status-list).

/** For how long new tokens get an index of a list, in milliseconds. */
export const STATUS_LIST_PERIOD = 3_600_000
/** The indexes of a list are numbers of so many bits. */
export const STATUS_INDEX_BITS = 20
/** How many tokens a list has at most. */
export const STATUS_LIST_LENGTH = 2 ** STATUS_INDEX_BITS
