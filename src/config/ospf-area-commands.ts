/** `area X …` under `router ospf`. */
import { comparePrefixes, formatPrefix, type Ipv4, type Prefix } from '../net/address.ts';
import {
  type Argument,
  anyOf,
  area,
  formatArea,
  integer,
  nothing,
  optional,
  prefix,
  present,
  sequence,
} from './argument.ts';
import { type Command, type CommandLine, commandAbout, put, Refusal } from './command.ts';
import { atMost } from './limits.ts';
import type { OspfAreaConfig, OspfRange, RouterConfig } from './model.ts';

interface NssaOptions {
  readonly 'translate-candidate': undefined;
  readonly 'translate-never': undefined;
  readonly 'translate-always': undefined;
  readonly 'no-summary': undefined;
  readonly 'default-information-originate': undefined;
}

interface RangeOptions {
  readonly advertise: undefined;
  readonly 'not-advertise': undefined;
  readonly cost: number;
}

const nssaOptions = anyOf<NssaOptions>({
  'translate-candidate': nothing,
  'translate-never': nothing,
  'translate-always': nothing,
  'no-summary': nothing,
  'default-information-originate': nothing,
});

const rangeOptions = anyOf<RangeOptions>({
  advertise: nothing,
  'not-advertise': nothing,
  cost: integer(0, 16777215),
});

export const ospfAreaCommands: readonly Command[] = [
  {
    ...areaCommand({
      keywords: 'authentication',
      help: 'how packets on interfaces in the area are authenticated that say nothing themselves',
      argument: present('message-digest'),
      set: (of, digest) => ({ ...of, authentication: { kind: digest ? 'message-digest' : 'simple' } }),
      unset: (of) => of.authentication && put(of, 'authentication', undefined),
    }),
    lines: ({ ospf }) => (ospf?.areas ?? []).flatMap(areaLines),
  },
  areaCommand({
    keywords: 'stub',
    help: 'no external routes within, but a default route; with `no-summary`, none of other areas either',
    argument: present('no-summary'),
    set: (of, noSummary) =>
      refuseKind(of, 'stub') ?? { ...of, kind: 'stub', ...(noSummary ? { noSummary } : {}) },
    unset: (of, noSummary) =>
      of.kind === 'stub'
        ? noSummary
          ? put(of, 'noSummary', undefined)
          : withoutKind(of)
        : noSummary
          ? of
          : undefined,
  }),
  areaCommand<Partial<NssaOptions>>({
    keywords: 'nssa',
    help: 'no external routes within but its own, which the border may translate (RFC 3101)',
    argument: nssaOptions,
    set: (of, options) =>
      refuseKind(of, 'nssa') ??
      (Object.keys(options).filter((option) => option.startsWith('translate-')).length > 1
        ? new Refusal('an area is translated always, never, or by the candidate that is elected')
        : { ...of, kind: 'nssa', ...nssaSettings(options) }),
    unset(of, options = {}) {
      const named = Object.keys(nssaSettings(options)) as (keyof OspfAreaConfig)[];
      if (named.length === 0) return of.kind === 'nssa' ? withoutKind(of) : undefined;
      return of.kind === 'nssa'
        ? named.reduce<OspfAreaConfig>((left, key) => put(left, key, undefined), of)
        : of;
    },
  }),
  areaCommand({
    keywords: 'default-cost',
    help: 'of the default route into a stub area or NSSA (default 1)',
    argument: integer(0, 16777215),
    set: (of, defaultCost) => ({ ...of, defaultCost }),
    unset: (of) => (of.defaultCost === undefined ? undefined : put(of, 'defaultCost', undefined)),
  }),
  areaCommand<readonly [Prefix, Partial<RangeOptions>]>({
    keywords: 'range',
    help: 'networks of the area within the prefix are told to other areas as one, or not at all',
    argument: sequence(prefix, rangeOptions),
    set(of, [block, options]) {
      if ('not-advertise' in options && ('advertise' in options || 'cost' in options)) {
        return new Refusal('what is not advertised has no cost');
      }
      const others = of.ranges.filter((each) => comparePrefixes(each.prefix, block) !== 0);
      const range: OspfRange = {
        prefix: block,
        advertise: !('not-advertise' in options),
        ...(options.cost === undefined ? {} : { cost: options.cost }),
      };
      return atMost(others, 'ranges of an area') ?? { ...of, ranges: [...others, range] };
    },
    unset(of, choice) {
      if (choice === undefined) return undefined;
      const ranges = of.ranges.filter((each) => comparePrefixes(each.prefix, choice[0]) !== 0);
      return ranges.length === of.ranges.length ? undefined : { ...of, ranges };
    },
  }),
];

interface AreaCommand<Value> {
  readonly keywords: string;
  readonly help: string;
  readonly argument: Argument<Value>;
  readonly set: (area: OspfAreaConfig, value: Value) => OspfAreaConfig | Refusal;
  /** Undefined where there is nothing to remove. An area that is no stub has no `no-summary`, either: that is well. */
  readonly unset: (area: OspfAreaConfig, value: Value | undefined) => OspfAreaConfig | undefined;
}

function areaCommand<Value>({ keywords, help, argument, set, unset }: AreaCommand<Value>): Command {
  return commandAbout<Ipv4, Value, Value | undefined>({
    section: 'router ospf',
    keywords: `area * ${keywords}`,
    subject: area,
    help,
    argument,
    set(config, _name, which, value) {
      const changed = set(findArea(config, which), value);
      return changed instanceof Refusal ? changed : withArea(config, changed);
    },
    removal: {
      argument: optional(argument),
      unset(config, _name, which, value) {
        const left = unset(findArea(config, which), value);
        return left === undefined
          ? new Refusal(`there is no such "area ${formatArea(which)} ${keywords}" to remove`)
          : withArea(config, left);
      },
    },
  });
}

function refuseKind(
  { area: which, kind }: OspfAreaConfig,
  wanted: OspfAreaConfig['kind'],
): Refusal | undefined {
  if (which === 0) return new Refusal(`the backbone, area 0, cannot be ${wanted}`);
  if (kind === undefined || kind === wanted) return undefined;
  return new Refusal(
    `area ${formatArea(which)} is ${kind}: remove "area ${formatArea(which)} ${kind}" first`,
  );
}

function nssaSettings(options: Partial<NssaOptions>): Partial<OspfAreaConfig> {
  const translate = (['candidate', 'never', 'always'] as const).find((how) => `translate-${how}` in options);
  return {
    ...('no-summary' in options ? { noSummary: true } : {}),
    ...('default-information-originate' in options ? { nssaDefaultInformation: true } : {}),
    ...(translate === undefined ? {} : { nssaTranslate: translate }),
  };
}

function withoutKind(of: OspfAreaConfig): OspfAreaConfig {
  const { kind: _, noSummary: __, nssaTranslate: ___, nssaDefaultInformation: ____, ...rest } = of;
  return rest;
}

function findArea({ ospf }: RouterConfig, which: Ipv4): OspfAreaConfig {
  return ospf?.areas.find((each) => each.area === which) ?? { area: which, ranges: [] };
}

function withArea(config: RouterConfig, of: OspfAreaConfig): RouterConfig | Refusal {
  if (config.ospf === undefined) return config;
  const others = config.ospf.areas.filter((each) => each.area !== of.area);
  const says = of.ranges.length > 0 || Object.keys(of).length > 2;
  const areas = says ? [...others, of] : others;
  return atMost(others, 'areas') ?? { ...config, ospf: { ...config.ospf, areas } };
}

/**
 * All that an area has, together, in the order of FRR (ospfd/ospf_vty.c, config_write_ospf_area). What FRR writes as one
 * line, `area 1 stub no-summary`, are two here, so that each can be removed by itself.
 */
function areaLines(of: OspfAreaConfig): readonly CommandLine[] {
  const { authentication, kind, noSummary, nssaTranslate, nssaDefaultInformation, defaultCost, ranges } = of;
  const texts = [
    ...(authentication === undefined
      ? []
      : [authentication.kind === 'simple' ? 'authentication' : 'authentication message-digest']),
    ...(kind === undefined ? [] : [kind]),
    ...(nssaTranslate === undefined ? [] : [`nssa translate-${nssaTranslate}`]),
    ...(kind !== undefined && noSummary ? [`${kind} no-summary`] : []),
    ...(nssaDefaultInformation ? ['nssa default-information-originate'] : []),
    ...(defaultCost === undefined ? [] : [`default-cost ${defaultCost}`]),
    ...ranges.map(formatRange),
  ];
  const area = formatArea(of.area);
  return texts.map((text) => ({ text: `area ${area} ${text}`, group: area }));
}

function formatRange({ prefix: block, advertise, cost }: OspfRange): string {
  const end = advertise ? (cost === undefined ? '' : ` cost ${cost}`) : ' not-advertise';
  return `range ${formatPrefix(block)}${end}`;
}
