/** Answers the management contract from a router's parts. One request, one answer. */
import { diffConfigs, formatDiff } from '../../config/diff.ts';
import { parseConfig } from '../../config/parser.ts';
import type { ConfigProblem } from '../../config/problem.ts';
import { formatConfig } from '../../config/writer.ts';
import type { Plane } from '../../net/wire.ts';
import type { Clock } from '../../world/clock.ts';
import type { Postcard } from '../../world/observation.ts';
import type { CommitParticipant } from '../commit/participant.ts';
import { type Forwarding, otherSlot, type Slot } from '../forwarding/contract.ts';
import type { RouterSlot } from '../slot/slot.ts';
import type {
  FailureTarget,
  ManagementAnswer,
  ManagementRequest,
  MirrorRule,
  PlaneChoice,
} from './contract.ts';

export class Management {
  readonly #clock: Clock;
  readonly #ports: readonly string[];
  readonly #forwarding: Forwarding;
  readonly #slots: readonly [RouterSlot, RouterSlot];
  readonly #participant: CommitParticipant;
  /** The postcards given out last, kept in case the answer is lost. */
  #batch: { readonly number: number; readonly postcards: readonly Postcard[]; readonly dropped: number } = {
    number: -1,
    postcards: [],
    dropped: 0,
  };

  constructor(
    clock: Clock,
    ports: readonly string[],
    forwarding: Forwarding,
    slots: readonly [RouterSlot, RouterSlot],
    participant: CommitParticipant,
  ) {
    this.#clock = clock;
    this.#ports = ports;
    this.#forwarding = forwarding;
    this.#slots = slots;
    this.#participant = participant;
  }

  handle(request: ManagementRequest): ManagementAnswer {
    switch (request.op) {
      case 'load':
        return this.#load(request.plane, request.config, request.tag);
      case 'check': {
        const { problems } = parseConfig(request.config);
        return problems.length === 0 ? { ok: true, op: 'check' } : refused(problems);
      }
      case 'config':
        return { ok: true, op: 'config', text: formatConfig(this.#slot(request.plane).config) };
      case 'diff': {
        const entries = diffConfigs(this.#slot('real').config, this.#slot('shadow').config);
        return { ok: true, op: 'diff', text: formatDiff(entries) };
      }
      case 'status':
        return {
          ok: true,
          op: 'status',
          real: this.#slot('real').status(),
          shadow: this.#slot('shadow').status(),
        };
      case 'fail':
      case 'restore':
        return this.#fail(request.op, request.plane, request.target);
      case 'fib':
        return { ok: true, op: 'fib', entries: this.#forwarding.fib(this.#slotOf(request.plane)) };
      case 'rib':
        return { ok: true, op: 'rib', entries: this.#slot(request.plane).rib() };
      case 'bgp':
        return { ok: true, op: 'bgp', ...this.#slot(request.plane).bgp(request) };
      case 'neighbours':
        return { ok: true, op: 'neighbours', entries: this.#slot(request.plane).neighbours() };
      case 'counters':
        return { ok: true, op: 'counters', ports: this.#forwarding.counters() };
      case 'trace':
        return this.#trace(request.batch);
      case 'mirror':
        return this.#mirror(request.rules);
      case 'commit': {
        this.#participant.heard();
        const refusal = this.#participant.handle(request);
        return refusal === undefined ? { ok: true, op: 'commit' } : { ok: false, error: refusal };
      }
      case 'lastSeen': {
        this.#participant.heard();
        const seenNs = this.#forwarding.lastSeenNs(request.tag);
        return { ok: true, op: 'lastSeen', ageNs: seenNs === null ? null : this.#clock.now() - seenNs };
      }
    }
  }

  #mirror(rules: readonly MirrorRule[]): ManagementAnswer {
    const astray = rules.find(({ port }) => !this.#ports.includes(port));
    if (astray !== undefined) return { ok: false, error: this.#noPort(astray.port) };
    try {
      this.#forwarding.mirror(rules);
    } catch (error) {
      if (error instanceof RangeError) return { ok: false, error: error.message };
      throw error;
    }
    return { ok: true, op: 'mirror' };
  }

  #noPort(name: string): string {
    return `no port "${name}" (it has ${this.#ports.join(', ')})`;
  }

  #trace(batch: number): ManagementAnswer {
    if (batch !== this.#batch.number) this.#batch = { number: batch, ...this.#forwarding.takePostcards() };
    return { ok: true, op: 'trace', postcards: this.#batch.postcards, dropped: this.#batch.dropped };
  }

  #slotOf(plane: Plane): Slot {
    const real = this.#forwarding.realSlot;
    return plane === 'real' ? real : otherSlot(real);
  }

  #slot(plane: Plane): RouterSlot {
    return this.#slots[this.#slotOf(plane)];
  }

  #load(plane: Plane, text: string, tag: number): ManagementAnswer {
    if (this.#participant.busy) return { ok: false, error: 'a commit is under way' };
    const { config, problems } = parseConfig(text);
    if (problems.length > 0) return refused(problems);
    const slot = this.#slotOf(plane);
    if (this.#forwarding.tagOf(otherSlot(slot)) === tag) {
      return { ok: false, error: `tag ${tag} already names this router's other configuration` };
    }
    this.#forwarding.setTag(slot, tag);
    this.#slots[slot].load(config);
    return { ok: true, op: 'load' };
  }

  #fail(op: 'fail' | 'restore', choice: PlaneChoice, target: FailureTarget): ManagementAnswer {
    if (target.kind === 'port' && !this.#ports.includes(target.port)) {
      return { ok: false, error: this.#noPort(target.port) };
    }
    if (this.#participant.busy) return { ok: false, error: 'a commit is under way' };
    const planes: readonly Plane[] = choice === 'both' ? ['real', 'shadow'] : [choice];
    for (const plane of planes) {
      if (target.kind === 'port') this.#slot(plane).failPort(target.port, op === 'fail');
      else this.#slot(plane).failRouter(op === 'fail');
    }
    return { ok: true, op };
  }
}

function refused(problems: readonly ConfigProblem[]): ManagementAnswer {
  return { ok: false, error: problems.map(({ line, message }) => `line ${line}: ${message}`).join('; ') };
}
