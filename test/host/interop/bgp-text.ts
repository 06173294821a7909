/** What configurations for tests of BGP beside FRR and BIRD have in common. */

/** s, of a test that waits for silence to be noticed. */
const HOLD_S = 9;

/** A neighbour of FRR or of ours that is tried often, so that the tests need not wait. */
export function neighbour(address: string, as: number | 'internal', holdS = HOLD_S): string {
  return `
 neighbor ${address} remote-as ${as}
 neighbor ${address} timers ${holdS / 3} ${holdS}
 neighbor ${address} timers connect 2`;
}

export function birdNeighbour(
  name: string,
  address: string,
  as: number,
  own: number,
  more = '',
  holdS = HOLD_S,
): string {
  return `
protocol bgp ${name} {
  local as ${own};
  neighbor ${address} as ${as};
  hold time ${holdS}; keepalive time ${holdS / 3}; connect delay time 1; connect retry time 2; error wait time 1, 4;
  graceful restart off;
  ${more}
  ipv4 { import all; export where source = RTS_STATIC || source = RTS_BGP; };
}`;
}
