/** OSPF packets as other implementations sent them, and bytes from and to hexadecimal. */

export function bytesOf(hex: string): Uint8Array {
  const digits = hex.replaceAll(/\s/g, '');
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) =>
    Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  );
}

export function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Hello of 2.2.2.2, area 0.0.0.1, hearing 1.1.1.1 (holo, holo-ospf/tests/packet/ospfv2.rs). */
export const HELLO = `
  0201 0030 0202 0202 0000 0001 f69e 0000 0000 0000 0000 0000
  ffff ff00 0003 0201 0000 0024 0000 0000 0000 0000 0101 0101`;

/** Hello of a Cisco router with a link-local signalling block behind it (scapy, test/contrib/ospf.uts). */
export const HELLO_WITH_LLS = `
  0201 0030 4b01 0301 0000 0000 3e01 0000 0000 0000 0000 0000
  ffff ff00 000a 1201 0000 0028 0a4b 00fe 0a4b 0001 4b01 0001
  fff6 0003 0001 0004 0000 0001`;

/** Database Description with a router-LSA and an AS-external-LSA (holo, the same file). */
export const DATABASE_DESCRIPTION = `
  0202 0048 0101 0101 0000 0001 d89e 0000 0000 0000 0000 0000
  05dc 4200 4eb8 8f2e
  0003 0201 0101 0101 0101 0101 8000 0002 48d6 0030
  0003 0205 ac10 0100 0101 0101 8000 0001 fcff 0024`;

/** Link State Request for the same two (holo, the same file). */
export const REQUEST = `
  0203 0030 0202 0202 0000 0001 46ab 0000 0000 0000 0000 0000
  0000 0001 0101 0101 0101 0101 0000 0005 ac10 0100 0101 0101`;

/** Link State Update with the router-LSA of 192.168.170.8 (scapy, test/contrib/ospf.uts). */
export const UPDATE = `
  0204 0040 c0a8 aa08 0000 0001 961f 0000 0000 0000 0000 0000
  0000 0001 03e2 0201 c0a8 aa08 c0a8 aa08 8000 0dc3 2506 0024
  0200 0001 c0a8 aa00 ffff ff00 0300 000a`;
