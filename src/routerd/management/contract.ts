/**
 * The one contract by which anything outside steers or reads a router. Requests and answers are plain JSON;
 * a router in this process and a daemon behind a socket take the same ones. A request that a router has
 * already carried out is answered the same again, so that a lost answer may be asked for twice.
 */
import type { Mac } from '../../net/address.ts';
import type { Plane, Tag } from '../../net/wire.ts';
import type { FibEntry, NeighbourEntry, PortCounters, Postcard, RibEntry } from '../../world/observation.ts';
import type { BgpAnswer, BgpQuestion } from '../slot/bgp-show.ts';

export type PlaneChoice = Plane | 'both';

export type ManagementRequest =
  /** Replaces the plane's configuration by `config` (frr.conf text); it is known as `tag` from then on. */
  | { readonly op: 'load'; readonly plane: Plane; readonly config: string; readonly tag: Tag }
  /** Would `load` take it? Changes nothing. */
  | { readonly op: 'check'; readonly config: string }
  | { readonly op: 'config'; readonly plane: Plane }
  /** Has the control plane come to rest? */
  | { readonly op: 'status' }
  /** Real against shadow, as `show | compare` prints it. */
  | { readonly op: 'diff' }
  | { readonly op: 'fail' | 'restore'; readonly plane: PlaneChoice; readonly target: FailureTarget }
  | { readonly op: 'fib'; readonly plane: Plane }
  | { readonly op: 'rib'; readonly plane: Plane }
  /** BGP's table; of a large one as many prefixes as one answer holds, `after` goes on. */
  | ({ readonly op: 'bgp'; readonly plane: Plane } & BgpQuestion)
  | { readonly op: 'neighbours'; readonly plane: Plane }
  | { readonly op: 'counters' }
  /** The postcards written since batch `batch - 1` was asked for. The same batch may be asked for twice. */
  | { readonly op: 'trace'; readonly batch: number }
  /** Copies packets that arrive by `port` and match into the shadow plane. */
  | { readonly op: 'mirror'; readonly rules: readonly MirrorRule[] }
  | CommitRequest;

export type FailureTarget = { readonly kind: 'port'; readonly port: string } | { readonly kind: 'router' };

export interface MirrorRule {
  readonly port: string;
  /**
   * Ethernet source: the host's own. Another router on the host's link may send the packet back over that link,
   * and it was copied there already.
   */
  readonly sourceMac: Mac;
  readonly source: string;
  readonly destination: string;
  /** UDP source port of the flow. */
  readonly sourcePort: number;
}

/**
 * The phases of commitment, seen from a router; src/routerd/commit explains them. `abort` swaps back. A router
 * that has swapped and hears nothing for `leaseNs` swaps back by itself, until `settle` releases it.
 */
export type CommitRequest =
  | { readonly op: 'commit'; readonly phase: 'prepare'; readonly oldTag: Tag; readonly newTag: Tag }
  | { readonly op: 'commit'; readonly phase: 'swap'; readonly newTag: Tag; readonly leaseNs: number }
  | { readonly op: 'commit'; readonly phase: 'mark' | 'settle' | 'unmark' | 'abort'; readonly newTag: Tag }
  /** How long ago did a packet go through that was sent in the real plane under this tag? */
  | { readonly op: 'lastSeen'; readonly tag: Tag };

/** One plane of a router's control plane. */
export interface PlaneStatus {
  /**
   * Since the plane was last told of a configuration or a failure, or its FIB or a neighbour's state changed. What
   * follows from news may be seen at other routers alone, and late.
   */
  readonly quietNs: number;
  /** No adjacency is on its way up, and the FIB is what the RIB says. */
  readonly settled: boolean;
  /** Equal numbers mean an equal FIB; each change, and each swap of planes, gives a number not seen before. */
  readonly fibVersion: number;
  /** How often OSPF has computed shortest paths. */
  readonly spfRuns: number;
}

export type ManagementAnswer =
  | { readonly ok: true; readonly op: 'load' | 'check' | 'fail' | 'restore' | 'mirror' | 'commit' }
  | { readonly ok: true; readonly op: 'config' | 'diff'; readonly text: string }
  | { readonly ok: true; readonly op: 'fib'; readonly entries: readonly FibEntry[] }
  | { readonly ok: true; readonly op: 'rib'; readonly entries: readonly RibEntry[] }
  | ({ readonly ok: true; readonly op: 'bgp' } & BgpAnswer)
  | { readonly ok: true; readonly op: 'neighbours'; readonly entries: readonly NeighbourEntry[] }
  | { readonly ok: true; readonly op: 'status'; readonly real: PlaneStatus; readonly shadow: PlaneStatus }
  | { readonly ok: true; readonly op: 'counters'; readonly ports: readonly PortCounters[] }
  | {
      readonly ok: true;
      readonly op: 'trace';
      readonly postcards: readonly Postcard[];
      readonly dropped: number;
    }
  /** `ageNs` is null where no such packet was ever seen. */
  | { readonly ok: true; readonly op: 'lastSeen'; readonly ageNs: number | null }
  | { readonly ok: false; readonly error: string };
