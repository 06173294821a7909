/**
 * Policy in BIRD's language: a function for each list and each route map. A route map is one for BGP, and one for each
 * kind of OSPF's external routes, as attributes have other names there.
 */
import { formatIpv4, formatPrefix, type Prefix } from '../net/address.ts';
import { type BirdText, braced, preferenceOf } from './bird-words.ts';
import { administrated, communityValue, INTERNET, largeCommunityParts } from './community.ts';
import { LIST_KEYWORDS } from './community-list-commands.ts';
import type { AccessListConfig, RouterConfig } from './model.ts';
import type {
  AsPathListConfig,
  Community,
  CommunityListConfig,
  PrefixListConfig,
  PrefixRule,
  RedistributedProtocol,
  RouteMapConfig,
  RouteMapEntry,
  RouteMatch,
  RouteSet,
} from './policy-model.ts';

export type PolicyUse = 'bgp' | 'ospf1' | 'ospf2';

export const SOURCES: Readonly<Record<RedistributedProtocol, string>> = {
  connected: 'source = RTS_DEVICE',
  static: 'source = RTS_STATIC',
  ospf: 'source ~ [ RTS_OSPF, RTS_OSPF_IA, RTS_OSPF_EXT1, RTS_OSPF_EXT2 ]',
  isis: 'false',
  bgp: 'source = RTS_BGP',
};

/** Functions are written when they are first named, what they call before them. */
export class BirdPolicy {
  readonly #config: RouterConfig;
  readonly #text: BirdText;
  readonly #written = new Set<string>();

  constructor(config: RouterConfig, text: BirdText) {
    this.#config = config;
    this.#text = text;
  }

  /** Conditions, for use in a filter. What is not defined denies, as in FRR. */
  prefixList(name: string): string {
    const list = this.#config.prefixLists.find((each) => each.name === name);
    return list === undefined ? 'false' : this.#function('prefixes', name, () => prefixLines(list, false));
  }

  asPathList(name: string): string {
    const list = this.#config.asPathLists.find((each) => each.name === name);
    return list === undefined ? 'false' : this.#function('path', name, () => this.#asPathLines(list));
  }

  /** True where the map permits the route, which it has changed then. */
  routeMap(name: string, use: PolicyUse): string {
    const map = this.#config.routeMaps.find((each) => each.name === name);
    return map === undefined ? 'false' : this.#function(`map_${use}`, name, () => this.#mapLines(map, use));
  }

  #function(kind: string, name: string, body: () => readonly string[]): string {
    const symbol = this.#text.symbol(kind, name);
    if (!this.#written.has(symbol)) {
      this.#written.add(symbol);
      const lines = body();
      const locals = lines.some((line) => line.includes('permitted'))
        ? ' bool permitted; int from_entry;'
        : '';
      this.#text.block(
        ...braced(`function ${symbol}()${locals === '' ? '' : `\n${locals.trim()}\n`}`, lines),
      );
    }
    return `${symbol}()`;
  }

  #nextHopList(name: string): string {
    const list = this.#config.prefixLists.find((each) => each.name === name);
    return list === undefined ? 'false' : this.#function('next_hop', name, () => prefixLines(list, true));
  }

  #accessList(name: string, section: string, line: string): string {
    const list = this.#config.accessLists.find((each) => each.name === name);
    if (list === undefined) return 'false';
    if (list.kind === 'extended') {
      this.#text.cannot(
        section,
        line,
        'an extended access list is no list of prefixes: use "ip prefix-list"',
      );
      return 'false';
    }
    return this.#function('access', name, () => accessLines(list));
  }

  #asPathLines({ name, rules }: AsPathListConfig): readonly string[] {
    const lines = rules.map(({ sequence, action, regex }) => {
      const condition = pathCondition(regex);
      if (condition === undefined) {
        this.#text.cannot(
          '',
          `bgp as-path access-list ${name} seq ${sequence} ${action} ${regex}`,
          'BIRD has no regular expressions; its masks can say ^$, .*, ^N_, _N_, _N$ and ^N M$, with N and M whole numbers',
        );
      }
      return `if ${condition ?? 'false'} then return ${action === 'permit'};`;
    });
    return [...lines, 'return false;'];
  }

  #communityList(name: string, size: CommunityListConfig['size'], exact: boolean): string {
    const list = this.#config.communityLists.find((each) => each.name === name && each.size === size);
    if (list === undefined) return 'false';
    const kind = `${size === 'standard' ? '' : `${size}_`}communities${exact ? '_exactly' : ''}`;
    return this.#function(kind, name, () => [
      ...list.rules.map((rule) => {
        const permits = rule.action === 'permit';
        if (rule.kind === 'expanded') {
          this.#cannotExpand(list, rule.sequence);
          return 'return false;';
        }
        return `if ${communityCondition(rule.communities, size, exact)} then return ${permits};`;
      }),
      'return false;',
    ]);
  }

  #cannotExpand({ name, size, rules }: CommunityListConfig, sequence: number): void {
    const rule = rules.find((each) => each.sequence === sequence);
    if (rule?.kind !== 'expanded') return;
    const style = /^\d+$/.test(name) ? '' : 'expanded ';
    this.#text.cannot(
      '',
      `bgp ${LIST_KEYWORDS[size]} ${style}${name} seq ${sequence} ${rule.action} ${rule.regex}`,
      'BIRD has no regular expressions: name the communities in a standard list',
    );
  }

  #mapLines({ name, entries }: RouteMapConfig, use: PolicyUse): readonly string[] {
    const goesOn = entries.some((entry) => entry.continue !== undefined);
    const lines = entries.flatMap((entry) => this.#entryLines(name, entry, use, goesOn));
    return goesOn
      ? ['permitted = false;', 'from_entry = 0;', ...lines, 'return permitted;']
      : [...lines, 'return false;'];
  }

  #entryLines(map: string, entry: RouteMapEntry, use: PolicyUse, goesOn: boolean): readonly string[] {
    const section = `route-map ${map} ${entry.action} ${entry.sequence}`;
    const conditions = entry.match.map((match) => this.#condition(match, section, use));
    const condition = conditions.length === 0 ? 'true' : conditions.map((each) => `(${each})`).join(' && ');
    const called =
      entry.call === undefined || !this.#config.routeMaps.some(({ name }) => name === entry.call)
        ? []
        : [`if ! ${this.#callee(map, entry.call, section, use)} then return false;`];
    const type = entry.set.find((each) => each.kind === 'metric-type');
    const ownUse = type === undefined || use === 'bgp' ? use : type.type === 1 ? 'ospf1' : 'ospf2';
    const does =
      entry.action === 'deny'
        ? ['return false;']
        : [
            ...entry.set.flatMap((set) => this.#change(set, section, ownUse)),
            ...called,
            ...(entry.continue === undefined ? ['return true;'] : ['permitted = true;']),
            ...(typeof entry.continue === 'number' ? [`from_entry = ${entry.continue};`] : []),
          ];
    const block = braced(`if ${condition} then`, does);
    if (!goesOn) return [`# ${entry.action} ${entry.sequence}`, ...block];
    return [
      `# ${entry.action} ${entry.sequence}`,
      ...braced(`if from_entry <= ${entry.sequence} then`, [...block, 'else permitted = false;']),
    ];
  }

  /** BIRD has no recursion. */
  #callee(map: string, call: string, section: string, use: PolicyUse): string {
    if (!this.#reaches(call, map, new Set())) return this.routeMap(call, use);
    this.#text.cannot(section, `call ${call}`, 'the maps call one another in a circle');
    return 'false';
  }

  #reaches(from: string, to: string, seen: Set<string>): boolean {
    if (from === to) return true;
    if (seen.has(from)) return false;
    seen.add(from);
    const entries = this.#config.routeMaps.find(({ name }) => name === from)?.entries ?? [];
    return entries.some(({ call }) => call !== undefined && this.#reaches(call, to, seen));
  }

  #condition(match: RouteMatch, section: string, use: PolicyUse): string {
    const cannot = (line: string, reason: string): string => {
      this.#text.cannot(section, line, reason);
      return 'false';
    };
    switch (match.kind) {
      case 'ip address prefix-list':
        return this.prefixList(match.list);
      case 'ip address':
        return this.#accessList(match.list, section, `match ip address ${match.list}`);
      case 'ip next-hop prefix-list':
        return this.#nextHopList(match.list);
      case 'ip next-hop':
        return cannot(`match ip next-hop ${match.list}`, 'use "match ip next-hop prefix-list"');
      case 'as-path':
        return this.asPathList(match.list);
      case 'community':
        return this.#communityList(match.list, 'standard', match.exact);
      case 'large-community':
        return this.#communityList(match.list, 'large', match.exact);
      case 'extcommunity':
        return this.#communityList(match.list, 'extended', false);
      case 'ip next-hop address':
        return `bgp_next_hop = ${formatIpv4(match.address)}`;
      case 'metric':
        return use === 'bgp'
          ? `(defined(bgp_med) && bgp_med = ${match.value}) || (! defined(bgp_med) && ${match.value} = 0)`
          : cannot(`match metric ${match.value}`, 'BIRD knows no metric that routes of all sources have');
      case 'tag':
        return `defined(ospf_tag) && ospf_tag = ${match.value}`;
      case 'local-preference':
        return `defined(bgp_local_pref) && bgp_local_pref = ${match.value}`;
      case 'interface':
        return `ifname = "${match.interface}"`;
      case 'origin':
        return `bgp_origin = ORIGIN_${match.origin.toUpperCase()}`;
      case 'peer':
        return cannot(
          `match peer ${formatIpv4(match.peer)}`,
          'filters of BIRD do not know the neighbour: give each its own route map',
        );
      case 'source-protocol':
        return SOURCES[match.protocol];
    }
  }

  #change(set: RouteSet, section: string, use: PolicyUse): readonly string[] {
    const cannot = (line: string, reason: string): readonly string[] => {
      this.#text.cannot(section, line, reason);
      return [];
    };
    switch (set.kind) {
      case 'metric': {
        if (use !== 'bgp') {
          const [one, other] =
            use === 'ospf1' ? ['ospf_metric1', 'ospf_metric2'] : ['ospf_metric2', 'ospf_metric1'];
          return set.change === 'set'
            ? [`if defined(${other}) then unset(${other});`, `${one} = ${set.value};`]
            : cannot(
                `set metric ${set.change === 'add' ? '+' : '-'}${set.value}`,
                'OSPF in BIRD takes a metric, no change of one',
              );
        }
        if (set.change === 'set') return [`bgp_med = ${set.value};`];
        const begin = 'if ! defined(bgp_med) then bgp_med = 0;';
        return set.change === 'add'
          ? [
              begin,
              `if bgp_med > ${0xffffffff - set.value} then bgp_med = ${0xffffffff}; else bgp_med = bgp_med + ${set.value};`,
            ]
          : [begin, `if bgp_med < ${set.value} then bgp_med = 0; else bgp_med = bgp_med - ${set.value};`];
      }
      case 'metric-type':
        if (use === 'bgp')
          return cannot(`set metric-type type-${set.type}`, 'that is said of routes for OSPF');
        return [];
      case 'tag':
        return use === 'bgp'
          ? cannot(`set tag ${set.value}`, 'routes of BGP have no tag in BIRD')
          : [`ospf_tag = ${set.value};`];
      case 'weight':
        return cannot(`set weight ${set.value}`, 'BIRD has no weight: use "set local-preference"');
      case 'local-preference':
        return [`bgp_local_pref = ${set.value};`];
      case 'distance':
        return [`preference = ${preferenceOf(set.value)};`];
      case 'origin':
        return [`bgp_origin = ORIGIN_${set.origin.toUpperCase()};`];
      case 'as-path prepend':
        return set.path.toReversed().map((as) => `bgp_path.prepend(${as});`);
      case 'as-path prepend last-as':
        return Array.from(
          { length: set.times },
          () => 'if bgp_path.len > 0 then bgp_path.prepend(bgp_path.first);',
        );
      case 'as-path exclude':
        return [`bgp_path.delete([ ${set.path.join(', ')} ]);`];
      case 'community':
      case 'large-community': {
        const size = set.kind === 'community' ? 'standard' : 'large';
        const attribute = ATTRIBUTES[size];
        return [
          ...(set.additive ? [] : [`${attribute}.empty;`]),
          ...set.communities.map((each) => `${attribute}.add(${communityTuple(each, size)});`),
        ];
      }
      case 'comm-list delete':
      case 'large-comm-list delete': {
        const size = set.kind === 'comm-list delete' ? 'standard' : 'large';
        const list = this.#config.communityLists.find((each) => each.name === set.list && each.size === size);
        const rules = list?.rules ?? [];
        for (const rule of rules)
          if (rule.kind === 'expanded' && list) this.#cannotExpand(list, rule.sequence);
        if (rules.some(({ action }) => action === 'deny')) {
          return cannot(
            `set ${set.kind.replace(' ', ` ${set.list} `)}`,
            'BIRD deletes what a list permits, and cannot except what it denies',
          );
        }
        const gone = rules.flatMap((rule) => (rule.kind === 'standard' ? rule.communities : []));
        const tuples = gone.map((each) => communityTuple(each, size));
        return tuples.length === 0 ? [] : [`${ATTRIBUTES[size]}.delete([ ${tuples.join(', ')} ]);`];
      }
      case 'extcommunity rt':
      case 'extcommunity soo': {
        const kind = set.kind === 'extcommunity rt' ? 'rt' : 'soo';
        return set.targets.map(
          (each) => `bgp_ext_community.add(${communityTuple(`${kind} ${each}`, 'extended')});`,
        );
      }
      case 'originator-id':
        return [`bgp_originator_id = ${formatIpv4(set.originator)};`];
      case 'atomic-aggregate':
        return cannot('set atomic-aggregate', 'BIRD sets it by no filter');
      case 'aggregator as':
        return cannot(`set aggregator as ${set.as} ${formatIpv4(set.address)}`, 'BIRD sets it by no filter');
      case 'ip next-hop':
        return typeof set.nextHop === 'number'
          ? [`bgp_next_hop = ${formatIpv4(set.nextHop)};`]
          : cannot(
              `set ip next-hop ${set.nextHop}`,
              'filters of BIRD do not know the neighbour: give its address',
            );
    }
  }
}

const ATTRIBUTES = {
  standard: 'bgp_community',
  large: 'bgp_large_community',
  extended: 'bgp_ext_community',
} as const;

function communityTuple(community: Community, size: CommunityListConfig['size']): string {
  if (size === 'extended') {
    const [kind, value] = community.split(' ');
    const target = administrated(value);
    const { type, administrator = 0, assigned = 0 } = target ?? {};
    return `(${kind === 'rt' ? 'rt' : 'ro'}, ${type === 1 ? formatIpv4(administrator) : administrator}, ${assigned})`;
  }
  if (size === 'large') return `(${(largeCommunityParts(community) ?? []).join(', ')})`;
  const value = communityValue(community) ?? 0;
  return `(${Math.floor(value / 0x10000)}, ${value % 0x10000})`;
}

function communityCondition(
  communities: readonly Community[],
  size: CommunityListConfig['size'],
  exact: boolean,
): string {
  if (communities.includes(INTERNET)) return 'true';
  const attribute = ATTRIBUTES[size];
  return [
    ...communities.map((each) => `${communityTuple(each, size)} ~ ${attribute}`),
    ...(exact ? [`${attribute}.len = ${communities.length}`] : []),
  ].join(' && ');
}

/** A next hop is held against the list as a /32. */
function prefixLines({ rules }: PrefixListConfig, ofNextHop: boolean): readonly string[] {
  if (rules.length === 0) return ['return true;'];
  const lines = rules.flatMap((rule) => {
    const [least, most] = boundsOf(rule);
    if (ofNextHop && most < 32) return [];
    const condition = ofNextHop
      ? `bgp_next_hop ~ ${formatPrefix(rule.prefix)}`
      : `net ~ [ ${formatPrefix(rule.prefix)}{${least},${most}} ]`;
    return [`if ${condition} then return ${rule.action === 'permit'};`];
  });
  return [...lines, 'return false;'];
}

function boundsOf({ prefix, ge, le }: PrefixRule): readonly [number, number] {
  return [ge ?? prefix.length, le ?? (ge === undefined ? prefix.length : 32)];
}

/** A standard rule matches all prefixes whose address lies in its block, of whatever length. */
function accessLines({ rules }: AccessListConfig): readonly string[] {
  const within = ({ address, length }: Prefix) =>
    length === 0 ? 'true' : `net.ip ~ ${formatPrefix({ address, length })}`;
  return [
    ...rules.map(({ action, source }) => `if ${within(source)} then return ${action === 'permit'};`),
    'return false;',
  ];
}

/** The expressions that a mask can say. */
function pathCondition(regex: string): string | undefined {
  if (regex === '.*') return 'true';
  if (regex === '^$') return 'bgp_path.len = 0';
  const parts = /^(\^_?|_)(\d+(?:[_ ]\d+)*)(_?\$|_)$/.exec(regex);
  if (parts === null) return undefined;
  const [, begin, numbers, end] = parts;
  const mask = [
    ...(begin.startsWith('^') ? [] : ['*']),
    ...numbers.split(/[_ ]/),
    ...(end.endsWith('$') ? [] : ['*']),
  ];
  return `bgp_path ~ [= ${mask.join(' ')} =]`;
}
