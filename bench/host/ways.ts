/** The addresses of `bench/host`: generator - router - sink, each in a namespace of its own. */
import { type Ipv4, type Mac, parseIpv4 } from '../../src/net/address.ts';

export const GENERATOR_MAC: Mac = 0x020000000001;
export const IN_MAC: Mac = 0x020000000002;
export const OUT_MAC: Mac = 0x020000000003;
export const SINK_MAC: Mac = 0x020000000004;
export const GENERATOR = '10.0.0.2';
export const ROUTER_IN = '10.0.0.1';
export const ROUTER_OUT = '10.0.1.1';
export const SINK = '10.0.1.2';
/** Routed to the sink, which drops it: nobody there has the address. */
export const FLOWS = '10.9.0.0';
/** Destinations in turn. */
export const FLOW_COUNT = 64;
export const PACKET_BYTES = 300;

export function numberOf(address: string): Ipv4 {
  const number = parseIpv4(address);
  if (number === undefined) throw new Error(`${address} is no address`);
  return number;
}
