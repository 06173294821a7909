/** Numbers of ISO 10589, RFC 1195, 5301 to 5305, and our own limits. */
import { MILLISECOND, SECOND } from '../../../world/clock.ts';

/** Network layer protocol identifiers: of IS-IS itself, and of IPv4 in the list of protocols (RFC 1195 5.3). */
export const NLPID_ISIS = 0x83;
export const NLPID_IPV4 = 0xcc;

/** Groups of ISO 10589 8.4.8, and of RFC 5309 for point-to-point operation over a LAN. */
export const ALL_LEVEL_1 = 0x0180c2000014;
export const ALL_LEVEL_2 = 0x0180c2000015;
export const ALL_SYSTEMS = 0x09002b000005;

export const PDU = {
  lanHello1: 15,
  lanHello2: 16,
  p2pHello: 17,
  lsp1: 18,
  lsp2: 20,
  csnp1: 24,
  csnp2: 25,
  psnp1: 26,
  psnp2: 27,
} as const;

export const TLV = {
  areas: 1,
  neighbours: 2,
  lanNeighbours: 6,
  padding: 8,
  lspEntries: 9,
  authentication: 10,
  purgeOriginator: 13,
  extendedNeighbours: 22,
  internalPrefixes: 128,
  protocols: 129,
  externalPrefixes: 130,
  addresses: 132,
  extendedPrefixes: 135,
  hostname: 137,
  threeWay: 240,
} as const;

/** LSP flags (9.9): who is attached to other areas by the default metric; who is overloaded; which levels it has. */
export const FLAG_ATTACHED = 0x08;
export const FLAG_OVERLOAD = 0x04;

/** A link of this metric is announced and not used (RFC 5305 3); a path longer than the other one is none. */
export const MAX_LINK_METRIC = 0xffffff;
export const MAX_PATH_METRIC = 0xfe000000;
export const MAX_NARROW_METRIC = 63;

export const MAX_SEQUENCE = 0xffffffff;
/** So often between two refreshes does another router outdo an LSP of ours until we say so: it may think that it is us. */
export const CONTESTED = 4;
/** How long a purged LSP is kept (7.3.16.4). */
export const ZERO_AGE_LIFETIME_S = 60;
/** Two LSPs of one ID leave a point-to-point circuit at least so far apart (minimumLSPTransmissionInterval). */
export const RETRANSMIT_NS = 5 * SECOND;
/** Who has confirmed nothing for so long, though all was sent three times more, is not waited for. */
export const GIVEN_UP_NS = 16 * SECOND;
/** At most one batch of LSPs leaves a circuit in this time; the first leaves at once. */
export const FLOOD_PACING_NS = 33 * MILLISECOND;
export const MAX_PACKETS_PER_BATCH = 32;

/** The first LSP after a quiet time waits for what else changes; then each a little longer, to `lsp-gen-interval`. */
export const FIRST_GENERATION_MS = 50;
export const GENERATION_STEP_MS = 200;

/** Fragments of one LSP, numbered in a byte. */
export const MAX_FRAGMENTS = 256;

export const MAX_LSPS = 50_000;
export const MAX_ADJACENCIES_PER_CIRCUIT = 256;
/** Entries of SNPs for LSPs that we do not have, waiting on one circuit. */
export const MAX_REQUESTS = 4096;
/** Pseudonodes are numbered in a byte, and 0 is the router itself. */
export const MAX_LAN_CIRCUITS = 255;
