/** Any IS-IS that a router can have, for property tests. */
import fc from 'fast-check';
import type { InterfaceIsisConfig, IsisConfig, IsisPassword, PerLevel } from '../../src/config/isis-model.ts';
import { word } from './arbitrary-basics.ts';
import { redistribution } from './arbitrary-policy.ts';

const levels = fc.constantFrom([1], [1, 2], [2]) as fc.Arbitrary<readonly (1 | 2)[]>;
const level = fc.constantFrom(1 as const, 2 as const);
const hex = (digits: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`));
const metric = fc.integer({ min: 0, max: 16777215 });

const password: fc.Arbitrary<IsisPassword> = fc.record({
  kind: fc.constantFrom('clear' as const, 'md5' as const),
  password: word,
});
const signing: fc.Arbitrary<IsisPassword> = fc.record(
  {
    kind: fc.constantFrom('clear' as const, 'md5' as const),
    password: word,
    snp: fc.constantFrom('send-only' as const, 'validate' as const),
  },
  { requiredKeys: ['kind', 'password'] },
);

function perLevel(min: number, max: number): fc.Arbitrary<PerLevel> {
  const value = fc.integer({ min, max });
  return fc
    .record({ 1: value, 2: value }, { requiredKeys: [] })
    .filter((each) => Object.keys(each).length > 0);
}

/** Undefined where an interface says nothing of it. */
export const interfaceIsis: fc.Arbitrary<InterfaceIsisConfig> = fc
  .record(
    {
      tag: word,
      levels,
      network: fc.constant('point-to-point' as const),
      passive: fc.constant(true),
      metric: perLevel(0, 16777215),
      helloIntervalS: perLevel(1, 600),
      helloMultiplier: perLevel(2, 100),
      priority: perLevel(0, 127),
      csnpIntervalS: perLevel(1, 600),
      psnpIntervalS: perLevel(1, 120),
      helloPadding: fc.constant(false),
      threeWay: fc.constant(false),
      password,
    },
    { requiredKeys: [] },
  )
  .filter((each) => Object.keys(each).length > 0);

/** `statements`: with lines of which the `no` form is what is written. */
export function isis(statements: boolean): fc.Arbitrary<IsisConfig> {
  return fc.tuple(fc.array(hex(4), { maxLength: 3 }), hex(12)).chain(([areas, system]) =>
    fc.record(
      {
        tag: word,
        nets: fc.constant(
          [...new Set(areas)].map((area) => `49.${area}.${system.replace(/(.{4})(.{4})/, '$1.$2.')}.00`),
        ),
        levels,
        metricStyle: fc.constantFrom('narrow' as const, 'transition' as const, 'wide' as const),
        overload: fc.constant(true),
        overloadOnStartupS: fc.integer({ min: 0, max: 86400 }),
        ...(statements ? { attached: fc.constant(false) } : {}),
        lspMtu: fc.integer({ min: 128, max: 4352 }),
        lspGenerationIntervalS: fc.integer({ min: 1, max: 120 }),
        lspRefreshIntervalS: fc.integer({ min: 1, max: 65235 }),
        lspLifetimeS: fc.integer({ min: 350, max: 65535 }),
        spfIntervalS: fc.integer({ min: 1, max: 120 }),
        areaPassword: signing,
        domainPassword: signing,
        maximumPaths: fc.integer({ min: 1, max: 64 }),
        redistribute: fc.uniqueArray(
          fc.tuple(redistribution('isis', 16777215), level).map(([line, of]) => ({ ...line, level: of })),
          { maxLength: 4, selector: (each) => `${each.level} ${each.from}` },
        ),
        defaultInformation: fc.uniqueArray(
          fc.record(
            { level, always: fc.boolean(), metric, routeMap: word },
            { requiredKeys: ['level', 'always'] },
          ),
          { maxLength: 2, selector: (each) => each.level },
        ),
        leak: fc.record({ routeMap: word }, { requiredKeys: [] }),
      },
      { requiredKeys: ['tag', 'nets', 'redistribute', 'defaultInformation'] },
    ),
  );
}
