/** Something in traffic or measuring reached one of its bounds; the message says which and what to change. */
export class TrafficLimitError extends Error {
  override readonly name = 'TrafficLimitError';
}
