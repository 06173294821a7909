/**
 * What a step expects, as data. Each claim is held against what the step will measure: a claim about packets
 * that nobody sends, or paths that nobody traces, would pass on nothing, and is refused here.
 */
import type { Comparison, Expectation, Scope } from '../../analysis/expectation.ts';
import type { Plane } from '../../net/wire.ts';
import { parseComparison, parseSentence, type Sentence } from './expectation-grammar.ts';
import { listed, type Names } from './names.ts';
import { type DocumentPath, didYouMean } from './problem.ts';
import { programClaim } from './program-claims.ts';
import type { Report, Words } from './report.ts';
import type { ProbeAction, StepExpectation } from './resolved.ts';
import type { Claims, Expectation as ExpectationItem, Fib, Step as StepItem } from './schema.generated.ts';
import { type MeasuredStep, planesOf, StepMeasures } from './step-measures.ts';
import type { Traffic } from './traffic.ts';
import { durationNs, parseDuration, parseRate } from './units.ts';

interface Setting {
  readonly number: number;
  /** The step itself, or the last one that did something; undefined before any did. */
  readonly about: MeasuredStep | undefined;
  readonly earlyProbes: readonly ProbeAction[];
  /** Names of the steps up to this one. */
  readonly stepNumbers: ReadonlyMap<string, number>;
  readonly laterNames: readonly (string | undefined)[];
}

/** Does the step say that its commit or rollback comes to nothing? */
export function expectsAbort(item: StepItem): boolean {
  const listed = Array.isArray(item.expect) ? item.expect : [item.expect];
  return listed.includes('aborted');
}

export function resolveExpectations(
  report: Report,
  names: Names,
  traffic: Traffic,
  item: StepItem,
  stepPath: DocumentPath,
  setting: Setting,
): readonly StepExpectation[] {
  const path = [...stepPath, 'expect'];
  if (item.expect === undefined) return [];
  const one = (written: ExpectationItem, at: DocumentPath): readonly StepExpectation[] =>
    report.sound(...at) ? new Resolver(report, names, traffic, setting, at).resolve(written) : [];
  return Array.isArray(item.expect)
    ? item.expect.flatMap((written, index) => one(written, [...path, index]))
    : one(item.expect, path);
}

type ClaimKey = Exclude<keyof Claims, 'plane' | 'flow' | 'within'>;

/** One expectation of one step. */
class Resolver {
  readonly #report: Report;
  readonly #names: Names;
  readonly #traffic: Traffic;
  readonly #setting: Setting;
  readonly #path: DocumentPath;
  readonly #step: StepMeasures;

  constructor(report: Report, names: Names, traffic: Traffic, setting: Setting, path: DocumentPath) {
    this.#report = report;
    this.#names = names;
    this.#traffic = traffic;
    this.#setting = setting;
    this.#path = path;
    this.#step = new StepMeasures(traffic, setting.about, setting.number, (...refusal) =>
      this.#refuse(...refusal),
    );
  }

  resolve(written: ExpectationItem): readonly StepExpectation[] {
    if (typeof written !== 'string') return this.#claims(written);
    const parsed = parseSentence(written);
    if (!parsed.ok) {
      this.#refuse([], parsed.wrong);
      return [];
    }
    return this.#made(this.#sentence(parsed.value), written.trim().replace(/\s+/g, ' '), []);
  }

  #sentence(sentence: Sentence): Expectation | undefined {
    switch (sentence.kind) {
      case 'recovered':
      case 'reachable':
      case 'unreachable':
        return this.#reach(sentence, {}, []);
      case 'path-unchanged':
        return this.#unchanged({}, []);
      case 'committed':
      case 'aborted':
        return this.#commitment(sentence.kind);
      case 'fib-equal':
        return this.#fib('real', sentence.ofPlane, sentence.at, []);
    }
  }

  #claims(claims: Claims): readonly StepExpectation[] {
    const scope: Scope = {
      ...(claims.plane === undefined ? {} : { plane: claims.plane }),
      ...(claims.flow === undefined ? {} : { flow: claims.flow }),
    };
    const { plane: _, flow: __, within, ...rest } = claims;
    const keys = Object.keys(rest) as ClaimKey[];
    if (keys.length === 0) {
      this.#refuse([], 'nothing is claimed here: add lost, mixed, path, delay or another claim');
      return [];
    }
    if (
      within !== undefined &&
      !keys.some((key) => key === 'path' || key === 'reachable' || key === 'unreachable')
    ) {
      const what = keys.includes('recovered')
        ? 'write the time at recovered'
        : `it says nothing about ${listed(keys)}`;
      this.#refuse(['within'], `within belongs to path, reachable and unreachable: ${what}`, true);
    }
    if (!this.#step.flowIsKnown(scope)) return [];
    return keys.flatMap((key) => this.#claim(key, claims, scope));
  }

  #claim(key: ClaimKey, claims: Claims, scope: Scope): readonly StepExpectation[] {
    const { plane, flow, within } = claims;
    const about = [
      ...(plane === undefined ? [] : [`plane: ${plane}`]),
      ...(flow === undefined ? [] : [`flow: ${flow}`]),
    ];
    const say = (text: string): string => [text, ...about].join(', ');
    const limit = within === undefined ? {} : { withinNs: durationNs(within) };
    const sayWithin = (text: string): string =>
      say(within === undefined ? text : `${text}, within: ${within}`);
    const ofProgram = programClaim(key, claims, this.#step, (...refusal) => this.#refuse(...refusal));
    if (ofProgram !== undefined) {
      return ofProgram.flatMap(([expectation, text]) => this.#made(expectation, say(text), [key]));
    }
    switch (key) {
      case 'lost':
      case 'mixed':
      case 'looped': {
        const count = claims[key];
        if (count === undefined) return [];
        return this.#made(this.#count(key, String(count), scope), say(`${key}: ${count}`), [key]);
      }
      case 'path': {
        const { path } = claims;
        if (path === undefined) return [];
        if (path !== 'unchanged') {
          const text = sayWithin(`path: [${path.join(', ')}]`);
          return this.#made(this.#pathIs(path, scope, limit), text, [key]);
        }
        if (within !== undefined) this.#refuse(['within'], 'within says nothing about path: unchanged', true);
        return this.#made(this.#unchanged(scope, [key]), say('path: unchanged'), [key]);
      }
      case 'egress': {
        const { egress } = claims;
        if (egress === undefined) return [];
        const exits = typeof egress === 'string' ? [egress] : egress;
        const text = say(`egress: ${typeof egress === 'string' ? egress : `[${egress.join(', ')}]`}`);
        return this.#made(this.#egress(exits, scope), text, [key]);
      }
      case 'recovered': {
        const time = claims.recovered;
        if (time === undefined) return [];
        const expectation = this.#reach({ kind: key, withinNs: durationNs(time) }, scope, [key]);
        return this.#made(expectation, say(`recovered within ${time}`), [key]);
      }
      case 'reachable':
      case 'unreachable':
        return this.#made(this.#reach({ kind: key, ...limit }, scope, [key]), sayWithin(key), [key]);
      case 'delay':
        return this.#delays(claims.delay, scope, say);
      case 'throughput': {
        const limitBps = parseComparison(claims.throughput ?? '', parseRate);
        if (limitBps === undefined) return [];
        const isOfTcp =
          this.#step.meant(scope, 'tcp').length > 0 && this.#step.probeInScope(scope) === undefined;
        if (!(isOfTcp ? this.#step.timePasses([key], key) : this.#step.measures(scope, [key], key)))
          return [];
        return this.#made({ kind: key, limitBps, ...scope }, say(`throughput: ${claims.throughput}`), [key]);
      }
      case 'stalls': {
        const count = this.#comparison(key, String(claims.stalls));
        if (count === undefined || !this.#step.runs('stream', scope, key)) return [];
        return this.#made({ kind: key, count, ...scope }, say(`stalls: ${claims.stalls}`), [key]);
      }
      case 'stalled':
      case 'startup': {
        const limitNs = parseComparison(claims[key] ?? '', parseDuration);
        if (limitNs === undefined || !this.#step.runs('stream', scope, key)) return [];
        return this.#made({ kind: key, limitNs, ...scope }, say(`${key}: ${claims[key]}`), [key]);
      }
      case 'finished': {
        const limitNs = parseComparison(claims.finished ?? '', parseDuration);
        if (limitNs === undefined || !this.#step.runs('tcp', scope, key)) return [];
        const endless = this.#step
          .meant(scope, 'tcp')
          .find((flow) => flow.kind === 'tcp' && flow.bytes === undefined);
        if (endless !== undefined && endless.stopNs === undefined) {
          const advice = 'give it bytes, or a stop';
          this.#refuse([key], `finished: flow "${endless.name}" sends without an end`, true, advice);
          return [];
        }
        return this.#made({ kind: key, limitNs, ...scope }, say(`finished: ${claims.finished}`), [key]);
      }
      // These have been told: they are about nothing else.
      case 'rtt':
      case 'exit':
      case 'stdout':
      case 'stderr':
      case 'json':
        return [];
      case 'fib':
        return claims.fib === undefined ? [] : this.#fibClaim(claims.fib, scope);
    }
  }

  #made(expectation: Expectation | undefined, text: string, at: DocumentPath): readonly StepExpectation[] {
    if (expectation === undefined) return [];
    return [{ expectation, text, place: this.#report.place([...this.#path, ...at]) }];
  }

  /** A number that is compared with counts, in a way that can hold and can fail. */
  #comparison(kind: 'lost' | 'mixed' | 'looped' | 'stalls', text: string): Comparison | undefined {
    const count = parseComparison(text, Number);
    if (count === undefined) return undefined;
    const always = (count.op === '>=' && count.value === 0) || isNever(count);
    if (!always) return count;
    this.#refuse([kind], `${kind}: "${text}" ${isNever(count) ? 'can never hold' : 'always holds'}`);
    return undefined;
  }

  #count(kind: 'lost' | 'mixed' | 'looped', text: string, scope: Scope): Expectation | undefined {
    const count = this.#comparison(kind, text);
    if (count === undefined) return undefined;
    if (!this.#step.measures(scope, [kind], kind)) return undefined;
    if (kind !== 'lost' && !this.#step.traces(scope, [kind], kind)) return undefined;
    return { kind, count, ...scope };
  }

  #delays(delay: Claims['delay'], scope: Scope, say: (text: string) => string): readonly StepExpectation[] {
    const limits = typeof delay === 'string' ? { max: delay } : (delay ?? {});
    if (!this.#step.measures(scope, ['delay'], 'delay')) return [];
    return (['min', 'mean', 'p99', 'max'] as const).flatMap((statistic) => {
      const written = limits[statistic];
      const limitNs = written === undefined ? undefined : parseComparison(written, parseDuration);
      if (limitNs === undefined) return [];
      const text = typeof delay === 'string' ? `delay: ${delay}` : `delay: { ${statistic}: ${written} }`;
      return this.#made({ kind: 'delay', statistic, limitNs, ...scope }, say(text), ['delay']);
    });
  }

  #reach(
    claim:
      | { readonly kind: 'recovered'; readonly withinNs: number }
      | { readonly kind: 'reachable' | 'unreachable'; readonly withinNs?: number },
    scope: Scope,
    at: DocumentPath,
  ): Expectation | undefined {
    const { about } = this.#setting;
    if (claim.kind !== 'recovered' && this.#step.programInScope(scope)?.kind === 'ping') {
      return { ...claim, kind: `ping-${claim.kind}` };
    }
    const expectation: Expectation = { ...claim, ...scope };
    if (scope.flow !== undefined && claim.kind !== 'recovered') {
      return this.#step.measures(scope, at, claim.kind) ? expectation : undefined;
    }
    if (scope.flow !== undefined) {
      this.#refuse(['flow'], 'recovered is about the probe of the step: leave out flow', true);
      return undefined;
    }
    if (about === undefined || about.probe === undefined) {
      if (about?.isComplete === false) return undefined;
      const advice = claim.kind === 'recovered' ? 'add a probe' : 'add a probe, or name a flow';
      this.#refuse(at, `${claim.kind} measures nothing: the step has no probe`, at.length > 0, advice);
      return undefined;
    }
    if (scope.plane !== undefined && scope.plane !== about.probe.plane) {
      const message = `${claim.kind} measures nothing: the probe is in ${about.probe.plane}, not in ${scope.plane}`;
      this.#refuse(['plane'], message);
      return undefined;
    }
    return expectation;
  }

  #commitment(kind: 'committed' | 'aborted'): Expectation | undefined {
    const { about } = this.#setting;
    const commits = about?.actions.some((action) => action.kind === 'commit' || action.kind === 'rollback');
    if (commits !== true && about?.isComplete !== false) {
      this.#refuse([], `"${kind}" measures nothing: the step has neither commit nor rollback`);
      return undefined;
    }
    return { kind };
  }

  #pathIs(
    routers: readonly string[],
    scope: Scope,
    limit: { readonly withinNs?: number },
  ): Expectation | undefined {
    const at = ['path'];
    const where = ` in step ${this.#setting.number}`;
    const known = routers.map((name, index) =>
      this.#names.router([...this.#path, ...at, index], name, where),
    );
    if (
      known.includes(undefined) ||
      !this.#step.measures(scope, at, 'path') ||
      !this.#step.traces(scope, at, 'path')
    ) {
      return undefined;
    }
    for (const [index, router] of routers.entries()) {
      const next = routers[index + 1];
      if (next === undefined || this.#names.linksBetween(router, next).length > 0) continue;
      const advice = `"${router}" has links to ${listed(this.#names.routersAt(router))}`;
      this.#refuse(
        [...at, index + 1],
        `path: there is no link between "${router}" and "${next}"`,
        false,
        advice,
      );
      return undefined;
    }
    const ends = this.#step.inScope(scope);
    const [first] = ends;
    if (first === undefined) return undefined;
    if (ends.some(({ from, to }) => from !== first.from || to !== first.to)) {
      this.#refuse(
        at,
        'path: this is about several flows, which cannot all take one path',
        true,
        'name one with flow',
      );
      return undefined;
    }
    const begins = this.#endsAt(at, routers, 0, [first.from], 'begins');
    const finishes = this.#endsAt(
      at,
      routers,
      routers.length - 1,
      first.outside?.exits ?? [first.to],
      'ends',
    );
    return begins && finishes ? { kind: 'path', routers, ...limit, ...scope } : undefined;
  }

  #egress(exits: readonly string[], scope: Scope): Expectation | undefined {
    if (!this.#step.measures(scope, ['egress'], 'egress')) return undefined;
    if (!this.#step.inScope(scope).some(({ outside }) => outside !== undefined)) {
      const advice = 'send to an address outside of the network';
      this.#refuse(['egress'], 'egress measures nothing: no flow of these leaves the network', true, advice);
      return undefined;
    }
    const peers = (this.#names.topology?.hosts ?? []).filter(({ peer }) => peer !== undefined);
    const unknown = exits.find((exit) => !peers.some(({ name }) => name === exit));
    if (unknown !== undefined) {
      const names = peers.map(({ name }) => name);
      const advice = didYouMean(unknown, names) ?? `external peers: ${listed(names)}`;
      this.#refuse(['egress'], `egress: unknown external peer "${unknown}"`, false, advice);
      return undefined;
    }
    return { kind: 'egress', exits: [...new Set(exits)], ...scope };
  }

  /** `hosts`: one, or all that packets may leave by. */
  #endsAt(
    at: DocumentPath,
    routers: readonly string[],
    index: number,
    hosts: readonly string[],
    verb: 'begins' | 'ends',
  ): boolean {
    const attached = [...new Set(hosts.flatMap((host) => this.#names.routersAt(host)))];
    if (attached.includes(routers[index])) return true;
    const which = hosts.length === 1 ? `"${hosts[0]}" is` : 'external peers are';
    const message = `path: it ${verb} at "${routers[index]}", but ${which} attached to "${listed(attached)}"`;
    this.#refuse([...at, index], message);
    return false;
  }

  #unchanged(scope: Scope, at: DocumentPath): Expectation | undefined {
    if (
      !this.#step.measures(scope, at, 'path unchanged') ||
      !this.#step.traces(scope, at, 'path unchanged')
    ) {
      return undefined;
    }
    const probe = this.#step.probeInScope(scope);
    const isKnown = (from: string, to: string, plane: Plane): boolean =>
      this.#setting.earlyProbes.some(
        (early) => early.from === from && early.to === to && early.plane === plane,
      ) ||
      this.#traffic.flows.some(
        (flow) =>
          flow.from === from && flow.to === to && flow.traceEvery > 0 && planesOf(flow).includes(plane),
      );
    if (probe !== undefined && !isKnown(probe.from, probe.to, probe.plane)) {
      const message = `path unchanged: the path from "${probe.from}" to "${probe.to}" in ${probe.plane} is not measured before the first failure, change or commit`;
      this.#refuse(at, message, at.length > 0, 'add a step with the same probe before that, or a flow');
      return undefined;
    }
    return { kind: 'path-unchanged', ...scope };
  }

  #fibClaim(fib: Fib, scope: Scope): readonly StepExpectation[] {
    if (scope.plane !== undefined || scope.flow !== undefined) {
      const key = scope.plane === undefined ? 'flow' : 'plane';
      this.#refuse([key], `${key} says nothing about fib`, true, 'write fib: { plane: ..., equals: ... }');
    }
    const plane = fib.plane ?? 'real';
    const when = fib.at === undefined ? '' : fib.at === 'start' ? ' of start' : ` of "${fib.at}"`;
    const text = `${plane} fib equal to ${fib.equals}${when}`;
    return this.#made(this.#fib(plane, fib.equals, fib.at, ['fib', 'at']), text, ['fib']);
  }

  #fib(plane: Plane, ofPlane: Plane, at: string | undefined, atPath: DocumentPath): Expectation | undefined {
    const { number, stepNumbers, laterNames } = this.#setting;
    const atStep = at === undefined ? number : at === 'start' ? 0 : stepNumbers.get(at);
    if (atStep === undefined) {
      const isLater = at !== undefined && laterNames.includes(at);
      const names = [...stepNumbers.keys(), 'start'].filter((name) => stepNumbers.get(name) !== number);
      const advice =
        (at === undefined ? undefined : didYouMean(at, names)) ?? `steps before this: ${listed(names)}`;
      const message = isLater
        ? `step "${at}" comes after this one`
        : `unknown step "${at}" in step ${number}`;
      this.#refuse(atPath, message, false, isLater ? undefined : advice);
      return undefined;
    }
    if (plane === ofPlane && atStep === number) {
      this.#refuse(
        atPath.slice(0, 1),
        `the FIBs of ${plane} are compared with themselves`,
        false,
        'say of which step',
      );
      return undefined;
    }
    const routers = this.#names.topology?.routers.map((router) => router.name) ?? [];
    return { kind: 'fib-equal', plane, ofPlane, atStep, routers };
  }

  #refuse(at: DocumentPath, words: Words, atKey = false, suggestion?: string): void {
    const parts = typeof words === 'string' ? { message: words } : words;
    const all = suggestion === undefined ? parts : { ...parts, suggestion };
    this.#report.error([...this.#path, ...at], all, atKey);
  }
}

function isNever({ op, value }: Comparison): boolean {
  return op === '<' && value === 0;
}
