/** The external peers of an experiment, on the hosts of a lab: they announce, and what they hear is recorded. */
import type { PeerFact } from '../analysis/facts.ts';
import { formatIpv4 } from '../net/address.ts';
import { ExternalPeer } from '../peers/external-peer.ts';
import type { Experiment } from './experiment/resolved.ts';
import { type Lab, LabError } from './lab.ts';
import type { Recorder } from './results/recorder.ts';

export class ExternalPeers {
  readonly #lab: Lab;
  readonly #recorder: Recorder;
  readonly #peers: ReadonlyMap<string, ExternalPeer>;
  /** The sessions that were recorded last, as JSON, by peer. */
  readonly #last = new Map<string, string>();

  /** They listen from now on. */
  constructor(lab: Lab, { topology }: Experiment, recorder: Recorder) {
    this.#lab = lab;
    this.#recorder = recorder;
    this.#peers = new Map(
      topology.hosts.flatMap(({ name, peer }) => {
        if (peer === undefined) return [];
        const host = lab.hosts.get(name);
        if (host === undefined) throw new LabError(`the lab has no host "${name}"`);
        return [[name, new ExternalPeer(lab, host, peer)] as const];
      }),
    );
  }

  /** Every session that there is has been told its table. */
  get settled(): boolean {
    return [...this.#peers.values()].every(({ settled }) => settled);
  }

  /** What changes over time begins to. */
  start(): void {
    for (const peer of this.#peers.values()) peer.start();
  }

  /** Records the sessions where they have changed. */
  record(step: number): void {
    for (const [peer, speaker] of this.#peers) {
      const sessions = speaker.status().flatMap(({ router, state, ...rest }): PeerFact['sessions'] => {
        return state === 'ended' ? [] : [{ router: formatIpv4(router), state, ...rest }];
      });
      const text = JSON.stringify(sessions);
      if (this.#last.get(peer) === text) continue;
      this.#last.set(peer, text);
      this.#recorder.record({ t: this.#lab.clock.now(), fact: 'peer', step, peer, as: speaker.as, sessions });
    }
  }
}
