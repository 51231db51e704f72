/** A teacher's facts, continued: what its largest answers alone would cost. */

/** What it costs to keep only the k largest answers of each row, at T = 1, in nats. */
export interface TopCost {
  readonly k: number;
  /** Of one row in a pack; dense it takes two for each class. */
  readonly bytes: number;
  /** Share of the probability that the k largest hold, mean over rows. */
  readonly mass: number;
  /** KL(dense ‖ kept) where the rest is spread evenly over the other classes, mean over rows. */
  readonly tail: number;
  /** KL(kept ‖ dense) where the rest is dropped and the k are scaled up to 1: −log of their mass, mean over rows. */
  readonly renormalised: number;
}
