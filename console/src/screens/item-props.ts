// Owns what the page of one thing is given.

/** What the page of one thing is given. */
export interface ItemProps {
  readonly id: string
}
